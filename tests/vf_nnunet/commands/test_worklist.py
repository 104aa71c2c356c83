"""The command `worklist`, and the page that `predict` and `findings` write."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vf_nnunet.screening.worklist.test_growing_page import shown
from vf_nnunet.cli import main


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def volumes(output: Path, case: str = "a") -> dict[str, Any]:
    text = (output / "worklist" / "cases" / f"{case}.js").read_text(encoding="ascii")
    content: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return content


def test_findings_write_the_page_and_worklist_makes_it_anew(
    maps: Path, cts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    assert run("findings", "-i", maps, "-o", output) == 0
    entry = shown(output)["a"]
    assert (entry["has_volumes"], volumes(output)["has_ct"]) == (True, False)
    # With the CT at hand its volumes are made anew, from the maps of the other folder.
    assert run("worklist", output, "--maps", maps, "--images", cts) == 0
    assert f"{output / 'index.html'}: 1 cases" in capsys.readouterr().out
    assert volumes(output)["has_ct"]
    # Nothing is lost if neither is at hand.
    assert run("worklist", output) == 0
    assert volumes(output)["has_ct"]
    assert shown(output)["a"]["thumbnail"] != entry["thumbnail"]


def test_continued_findings_make_what_earlier_ones_lack(maps: Path, cts: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    options = ("findings", "-i", maps, "-o", output, "--images", cts)
    assert run(*options, "--no-worklist", "--overlay") == 0
    assert not (output / "index.html").exists()
    assert not (output / "worklist").exists()
    # Without maps, the picture gives the thumbnail.
    assert run("worklist", output) == 0
    assert shown(output)["a"]["thumbnail"]
    assert not shown(output)["a"]["has_volumes"]
    made = (output / "a.json").stat().st_mtime_ns
    assert run(*options, "--continue") == 0
    assert (output / "a.json").stat().st_mtime_ns == made
    assert volumes(output)["has_ct"]


def test_a_damaged_map_is_said_and_the_page_written(
    maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    assert run("findings", "-i", maps, "-o", output, "--no-worklist") == 0
    path = maps / "a_fracture.nii.gz"
    path.write_bytes(path.read_bytes()[:2000])
    assert run("worklist", output, "--maps", maps) == 2
    assert f"vf_nnunet worklist: {path}: truncated or damaged" in capsys.readouterr().err
    assert not shown(output)["a"]["has_volumes"]


def test_a_folder_without_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("worklist", tmp_path) == 2
    assert f"{tmp_path}: no results; expected the output folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["worklist", "findings"])
def test_another_page_is_not_replaced(
    command: str, maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    output.mkdir()
    (output / "index.html").write_text("mine", encoding="utf-8")
    arguments = (output,) if command == "worklist" else ("-i", maps, "-o", output)
    assert run(command, *arguments) == 2
    assert "index.html: not a worklist of vf_nnunet and would be replaced" in capsys.readouterr().err
    assert (output / "index.html").read_text(encoding="utf-8") == "mine"
