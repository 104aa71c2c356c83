"""A model's card describes its training cohort and its evaluation."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import tiny_model
from vf_nnunet import __version__
from vf_nnunet.export.description import describe_model
from vf_nnunet.model.card import Card

TABLE = """case_id,patient_id,vertebra,x,y,z,grade,shape
a,p,L1,1,2,3,0,
a,p,L2,1,2,40,2,wedge
b,p,L1,1,2,3,,
c,q,L1,1,2,3,2,crush
"""
COHORT = {
    "cases": 3,
    "patients": 2,
    "vertebrae": 4,
    "grades": {"0": 1, "1": 0, "2": 2, "3": 0, "not graded": 1},
}
RATE = {"estimate": 0.8, "low": 0.6, "high": 0.9, "count": 16, "total": 20}
SUMMARY: dict[str, Any] = {
    "operating_points": {"patient": {"youden": {"probability_threshold": 0.7, "noise_threshold": 8}}},
    "operating_points_nested": {
        "patient": {
            "youden": {
                "sensitivity": RATE,
                "by_fold": {"0": {"probability_threshold": 0.6, "noise_threshold": 8}},
            }
        }
    },
    "patient": {
        "n": 40,
        "positives": 25,
        "auc_hull": 0.91,
        "auc_hull_bootstrap": {"ci95": [0.8, 0.99]},
        "auc_nested": None,
    },
    "vertebra": {"n": 200, "positives": 50, "auc": 0.9, "auc_bootstrap": None},
    "settings": {"note": "phantoms"},
}


@pytest.fixture(autouse=True)
def _no_raw_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("nnUNet_raw", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The model's folder, as far as it is read."""
    (tmp_path / "dataset.json").write_text(json.dumps({"numTraining": 7}))
    return tmp_path


def describe(folder: Path, evaluation: Path | None = None, annotations: Path | None = None) -> Card:
    return describe_model(tiny_model(), folder, evaluation, annotations).card


def write_summary(folder: Path, **changes: Any) -> Path:
    (folder / "summary.json").write_text(json.dumps({**SUMMARY, **changes}))
    return folder


def test_without_table_and_evaluation(folder: Path) -> None:
    card = describe(folder)
    assert card.training_cohort == {"cases": 7}
    assert card.operating_points is None
    assert card.evaluation is None
    assert card.created.endswith("+00:00")


def test_nothing_else_of_the_model_changes(folder: Path) -> None:
    model = tiny_model()
    described = describe_model(model, folder, None, None)
    assert described.ensemble is model.ensemble
    assert (described.card.folds, described.card.labels) == (model.card.folds, model.card.labels)


def test_versions_are_those_of_the_installed_packages(folder: Path) -> None:
    versions = describe(folder).versions
    assert versions.keys() == {"python", "vf_nnunet", "torch", "nnunetv2", "numpy", "safetensors"}
    assert versions["vf_nnunet"] == __version__


def test_the_training_cohort_of_a_given_table(folder: Path) -> None:
    table = folder / "table.csv"
    table.write_text(TABLE)
    assert describe(folder, annotations=table).training_cohort == COHORT


def test_the_training_cohort_of_the_raw_dataset(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("nnUNet_raw", str(folder))
    assert describe(folder).training_cohort == {"cases": 7}
    table = folder / "Dataset001_Test" / "vertebrae.csv"
    table.parent.mkdir()
    table.write_text(TABLE)
    assert describe(folder).training_cohort == COHORT


def test_an_evaluation_with_its_operating_points(folder: Path) -> None:
    card = describe(folder, evaluation=write_summary(folder))
    assert card.operating_points == SUMMARY["operating_points"]["patient"]
    assert card.evaluation == {
        "patients": 40,
        "patients_with_fracture": 25,
        "patient_auc_hull": 0.91,
        "patient_auc_hull_ci95": [0.8, 0.99],
        "patient_auc_nested": None,
        "patient_rates_nested": {"youden": {"sensitivity": RATE}},
        "vertebrae": 200,
        "vertebrae_with_fracture": 50,
        "vertebra_auc": 0.9,
        "vertebra_auc_ci95": None,
        "note": "phantoms",
    }


def test_an_evaluation_without_points(folder: Path) -> None:
    points = {"patient": None}
    card = describe(folder, evaluation=write_summary(folder, operating_points=points, operating_points_nested=points))
    assert card.operating_points is None
    assert card.evaluation is not None
    assert card.evaluation["patient_rates_nested"] is None


@pytest.mark.parametrize("option", ["evaluation", "annotations"])
def test_a_missing_input_is_named(folder: Path, option: str) -> None:
    with pytest.raises(InputError, match="nowhere"):
        describe(folder, **{option: folder / "nowhere"})
