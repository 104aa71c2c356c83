"""The command `export` writes a model file, and refuses bad arguments."""

import json
from pathlib import Path

import pytest

from vf_nnunet.cli import main
from vf_nnunet.model.model_file import read_model_file

TABLE = """case_id,patient_id,vertebra,x,y,z,grade,shape
a,p,L1,1,2,3,0,
a,p,L2,1,2,40,2,wedge
"""
POINTS = {"youden": {"probability_threshold": 0.7, "noise_threshold": 8}}


@pytest.fixture(autouse=True)
def _no_raw_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("nnUNet_raw", raising=False)


def export(model: Path, output: Path, *options: str) -> int:
    return main(["export", "-m", str(model), "-o", str(output), *options])


def test_a_model_without_table_and_evaluation(
    untrained_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(untrained_model, tmp_path / "model.vf") == 0
    assert capsys.readouterr().out.endswith("model.vf: folds 0 of nnUNetTrainerVF__nnUNetVFPlans__3d_fullres\n")
    card = read_model_file(tmp_path / "model.vf").card
    assert card.operating_points is None
    assert card.evaluation is None
    assert card.training_cohort == {"cases": 1}
    assert card.versions.keys() >= {"python", "vf_nnunet", "torch"}
    assert card.created
    assert "not for diagnosis" in card.intended_use


def test_table_and_evaluation_go_into_the_card(untrained_model: Path, tmp_path: Path) -> None:
    table, evaluation = tmp_path / "table.csv", tmp_path / "evaluation"
    table.write_text(TABLE)
    evaluation.mkdir()
    summary = {"operating_points": {"patient": POINTS}, "patient": {"n": 4}, "vertebra": {"n": 20}}
    (evaluation / "summary.json").write_text(json.dumps(summary))
    options = ("--annotations", str(table), "--evaluation", str(evaluation))
    assert export(untrained_model, tmp_path / "model.vf", *options) == 0
    card = read_model_file(tmp_path / "model.vf").card
    assert card.training_cohort["vertebrae"] == 2
    assert card.operating_points == POINTS
    assert card.evaluation is not None
    assert card.evaluation["patients"] == 4


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("model.onnx", (), "expected a file name ending in .vf or .zip"),
        ("nowhere/model.vf", (), "no such folder to write model.vf to"),
        ("model.vf", ("--evaluation", "nowhere"), "summary.json: cannot be read"),
        ("model.vf", ("--annotations", "nowhere.csv"), "nowhere.csv"),
        ("model.zip", ("--evaluation", "nowhere"), "--evaluation nowhere: a zip has no card"),
        ("model.zip", ("--annotations", "nowhere.csv"), "--annotations nowhere.csv: a zip has no card"),
        ("model.zip", (), "no finished fold"),
    ],
)
def test_bad_arguments(
    untrained_model: Path,
    tmp_path: Path,
    name: str,
    options: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert export(untrained_model, tmp_path / name, *options) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
