"""The command `export`: a model file with its card; nnU-Net's zip is tested end to end."""

import json
import shutil
from pathlib import Path

import pytest

from vf_nnunet.cli import main
from vf_nnunet.commands.export import finished_folds
from vf_nnunet.inference.model_file import read_model_file

TABLE = """case_id,patient_id,vertebra,x,y,z,grade,shape
a,p,L1,1,2,3,0,
a,p,L2,1,2,40,2,wedge
b,p,L1,1,2,3,,
c,q,L1,1,2,3,2,crush
"""


@pytest.fixture(autouse=True)
def _no_raw_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("nnUNet_raw", raising=False)


def export(model: Path, output: Path, *options: str) -> int:
    return main(["export", "-m", str(model), "-o", str(output), *options])


def test_without_anything_but_the_model(
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


@pytest.mark.parametrize("given", ["option", "raw folder"])
def test_the_training_cohort(
    untrained_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    table = tmp_path / "Dataset001_Test" / "vertebrae.csv"
    table.parent.mkdir()
    table.write_text(TABLE)
    options: tuple[str, ...] = ("--annotations", str(table))
    if given == "raw folder":
        monkeypatch.setenv("nnUNet_raw", str(tmp_path))
        options = ()
    assert export(untrained_model, tmp_path / "model.vf", *options) == 0
    assert read_model_file(tmp_path / "model.vf").card.training_cohort == {
        "cases": 3,
        "patients": 2,
        "vertebrae": 4,
        "grades": {"0": 1, "1": 0, "2": 2, "3": 0, "not graded": 1},
    }


def test_operating_points_of_an_evaluation(untrained_model: Path, tmp_path: Path) -> None:
    points = {"youden": {"probability_threshold": 0.7, "noise_threshold": 8}}
    rate = {"estimate": 0.8, "low": 0.6, "high": 0.9, "count": 16, "total": 20}
    nested = {"sensitivity": rate, "by_fold": {"0": {"probability_threshold": 0.6, "noise_threshold": 8}}}
    summary = {
        "operating_points": {"patient": points},
        "operating_points_nested": {"patient": {"youden": nested}},
        "patient": {"n": 40, "auc_hull": 0.91, "auc_hull_bootstrap": {"ci95": [0.8, 0.99]}, "auc_nested": None},
        "vertebra": {"n": 200, "auc": 0.9},
        "settings": {"note": "phantoms"},
    }
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    assert export(untrained_model, tmp_path / "model.vf", "--evaluation", str(tmp_path)) == 0
    card = read_model_file(tmp_path / "model.vf").card
    assert card.operating_points == points
    assert card.evaluation is not None
    assert card.evaluation["patient_auc_hull_ci95"] == [0.8, 0.99]
    assert card.evaluation["vertebra_auc"] == 0.9
    assert card.evaluation["patient_rates_nested"] == {"youden": {"sensitivity": rate}}
    assert card.evaluation["note"] == "phantoms"


def test_an_evaluation_without_nested_points(untrained_model: Path, tmp_path: Path) -> None:
    summary = {"operating_points": {"patient": None}, "operating_points_nested": {"patient": None}}
    content = {**summary, "patient": {"n": 4}, "vertebra": {"n": 20}}
    (tmp_path / "summary.json").write_text(json.dumps(content))
    assert export(untrained_model, tmp_path / "model.vf", "--evaluation", str(tmp_path)) == 0
    evaluation = read_model_file(tmp_path / "model.vf").card.evaluation
    assert evaluation is not None
    assert evaluation["patient_rates_nested"] is None


def test_finished_folds_come_by_number_without_what_somebody_kept(tmp_path: Path) -> None:
    for name in ("fold_10", "fold_2", "fold_0_old"):
        (tmp_path / name / "validation").mkdir(parents=True)
        (tmp_path / name / "checkpoint_final.pth").touch()
        (tmp_path / name / "validation" / "summary.json").touch()
    (tmp_path / "fold_1").mkdir()
    assert finished_folds(tmp_path) == (2, 10)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("model.onnx", (), "wanted a file name ending in .vf or .zip"),
        ("nowhere/model.vf", (), "no such folder to write model.vf to"),
        ("model.vf", ("--evaluation", "nowhere"), "summary.json: cannot be read"),
        ("model.vf", ("--annotations", "nowhere.csv"), "nowhere.csv"),
        ("model.zip", ("--evaluation", "nowhere"), "--evaluation nowhere: a zip holds no card"),
        ("model.zip", ("--annotations", "nowhere.csv"), "--annotations nowhere.csv: a zip holds no card"),
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


def test_a_zip_that_cannot_be_finished_leaves_nothing(
    untrained_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fold whose progress picture somebody deleted."""
    model = tmp_path / "results" / "Dataset001_Test" / untrained_model.name
    shutil.copytree(untrained_model, model)
    (model / "fold_0" / "validation").mkdir()
    (model / "fold_0" / "validation" / "summary.json").touch()
    monkeypatch.setenv("nnUNet_results", str(tmp_path / "results"))
    for module in ("utilities.file_path_utilities", "model_sharing.model_export"):
        monkeypatch.setattr(f"nnunetv2.{module}.nnUNet_results", str(tmp_path / "results"))
    output = tmp_path / "output"
    output.mkdir()
    assert export(model, output / "model.zip") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be packed" in line
    assert "progress.png" in line
    assert list(output.iterdir()) == []
