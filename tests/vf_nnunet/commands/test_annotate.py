"""The command `annotate`: bad arguments end before anything is served."""

import argparse
from pathlib import Path

import pytest

from tests.vf_nnunet.annotation.images import write_ct
from vf_nnunet.cli import main
from vf_nnunet.commands.annotate import _reader


@pytest.fixture
def images(tmp_path: Path) -> Path:
    (tmp_path / "cts").mkdir()
    write_ct(tmp_path / "cts" / "a.nii.gz")
    return tmp_path / "cts"


@pytest.mark.parametrize(
    ("output", "options", "problem"),
    [
        ("marks.txt", [], "marks.txt: expected a name ending in .csv"),
        (".", [], "a folder; expected the name of a table"),
        ("gone/marks.csv", [], "no such folder"),
        ("marks.csv", ["--port", "70000"], "--port 70000: expected 1 to 65535"),
        ("marks.csv", ["--reader", " "], "--reader is empty; expected a name"),
        ("marks.csv", ["--consensus", "{folder}/marks.csv", "b.csv"], "the table of a reader"),
        ("marks.csv", ["--propose", "gone.vf"], "gone.vf: no such file"),
        ("damaged.csv", [], "column 'z' is missing"),
    ],
)
def test_bad_arguments(
    images: Path, tmp_path: Path, output: str, options: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "damaged.csv").write_text("case_id,vertebra,x,y,grade\na,L1,1,2,0\n")
    given = [option.format(folder=tmp_path) for option in options]
    before = sorted(tmp_path.iterdir())
    assert main(["annotate", "--images", str(images), "-o", str(tmp_path / output), *given]) == 2
    assert problem in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("options", [["--propose"], ["--propose", "phantom"]])
def test_the_model_in_the_box_comes_with_its_caution(
    images: Path, tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "marks.csv"
    given = ["annotate", "--images", str(images), "-o", str(table), *options]
    table.write_text("case_id,vertebra,x,y,grade\na,L1,1,2,0\n")  # ends the command before it serves
    assert main(given) == 2
    said = capsys.readouterr().err
    assert said.startswith("warning: This model was trained on phantoms only")
    assert "column 'z' is missing" in said


def test_the_reader_is_the_one_given_or_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "anna")
    given = argparse.Namespace(reader=None, consensus=None)
    assert _reader(given) == "anna"
    given.consensus = [Path("a.csv"), Path("b.csv")]
    assert _reader(given) == "consensus"
    given.reader = " eva "
    assert _reader(given) == "eva"
