"""A row of the table is collected from evaluation and segmentations."""

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from vf_nnunet.selection.result import (
    class_names,
    class_result,
    predicted_compactness,
    read_labels,
    read_result,
)

LABELS = {"background": 0, "normal": 1, "fracture": 2}
BOOTSTRAP = {"mean": 0.8, "sd": 0.1, "ci95": [0.6, 0.95]}


def summary(*cases: tuple[int, int, int]) -> dict[str, Any]:
    """nnU-Net's, with (TP, FP, FN) of the fracture in each case."""
    counts = [dict(zip(("TP", "FP", "FN"), case, strict=True)) for case in cases]
    return {"metric_per_case": [{"metrics": {"1": dict.fromkeys(("TP", "FP", "FN"), 0), "2": c}} for c in counts]}


def test_voxels_are_pooled_over_cases() -> None:
    found = class_result(summary((10, 5, 0), (20, 0, 10)), 2, [0.5, 0.9, 0.7])
    assert found.dice == pytest.approx(60 / 75)
    assert found.precision == pytest.approx(30 / 35)
    assert found.recall == pytest.approx(30 / 40)
    assert (found.components, found.compactness) == (3, 0.7)


def test_values_with_denominator_zero_are_none() -> None:
    found = class_result(summary((0, 0, 0)), 2, [])
    assert (found.dice, found.precision, found.recall, found.components, found.compactness) == (*[None] * 3, 0, None)


def write_segmentation(path: Path) -> None:
    """A fractured block of 12 x 10 x 8 mm, as z, y, x."""
    labels = np.zeros((20, 30, 20), dtype=np.uint8)
    labels[4:12, 5:15, 3:9] = 2
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([-1.0, -1.0, 2.0, 1.0])), path)


def test_labels_are_read_with_the_longitudinal_axis_first(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "a.nii.gz")
    labels, spacing = read_labels(tmp_path / "a.nii.gz")
    assert spacing == (2.0, 1.0, 1.0)
    assert labels.shape == (20, 30, 20)
    assert labels[3:9, 5:15, 4:12].all()


def test_a_row_has_all_results(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "a.nii.gz")
    (tmp_path / "summary.json").write_text(json.dumps(summary((8, 2, 2))))
    evaluation = {
        "patient": {"auc_hull": None, "auc_hull_bootstrap": {"mean": None, "sd": None, "ci95": None}},
        "vertebra": {"auc": 0.8, "auc_bootstrap": BOOTSTRAP},
    }
    found = read_result("3d_fullres", 230_000, evaluation, tmp_path, LABELS)
    assert (found.patient.value, found.patient.interval) == (None, None)
    assert (found.vertebra.value, found.vertebra.interval) == (0.8, (0.6, 0.95))
    assert found.classes["fracture"].dice == pytest.approx(0.8)
    assert found.classes["fracture"].components == 1
    assert 0.4 < (found.classes["fracture"].compactness or 0) < 0.8
    assert found.classes["normal"].compactness is None


def test_each_grade_has_a_row_of_its_own(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "a.nii.gz")
    grades = {"background": 0, "normal": 1, "moderate": 2, "mild": 3, "severe": 4}
    assert class_names(grades) == ("normal", "mild", "moderate", "severe")
    found = predicted_compactness(tmp_path, grades)
    assert [len(found[name]) for name in ("normal", "mild", "moderate", "severe")] == [0, 0, 1, 0]
