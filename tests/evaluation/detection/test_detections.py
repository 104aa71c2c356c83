from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.geometry import RAS_TO_LPS
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.cohort.cases import Case
from evaluation.cohort.images import read_map
from evaluation.cohort.sources import CaseMap
from evaluation.detection.detections import CaseDetections, detect_case, distance_to_border
from evaluation.maps.nifti import open_nifti
from evaluation.maps.probability_map import ProbabilityMap, write_probability_map
from evaluation.settings import EvaluationSettings

SETTINGS = EvaluationSettings(finding_noise_threshold=8)
SHAPE = (120, 40, 40)
CENTRES = {"T12": (20.0, 20.0, 100.0), "L1": (20.0, 20.0, 60.0), "L2": (20.0, 20.0, 20.0)}


def case_with(folder: Path, grades: dict[str, int | None], blobs: Mapping[tuple[int, int, int], float]) -> Case:
    """A case at 1 mm whose map has a cube of 3 voxels a side of the given probability at each point."""
    probability = np.zeros(SHAPE, dtype=np.float32)
    for (x, y, z), peak in blobs.items():
        probability[z - 1 : z + 2, y - 1 : y + 2, x - 1 : x + 2] = peak
    path = folder / "a_fracture.nii.gz"
    write_probability_map(path, probability, np.eye(4))
    rows = [Vertebra("a", "a", level, *CENTRES[level], grade) for level, grade in grades.items()]
    graded = tuple(row for row in rows if row.grade is not None)
    return Case(CaseMap("a", path), "a", graded, tuple(row for row in rows if row.grade is None))


def detect_one(
    case: Case, settings: EvaluationSettings = SETTINGS, labels: Path | None = None, label: int = 2
) -> CaseDetections:
    return detect_case(case, read_map(case), settings, None if labels is None else open_nifti(labels), (label,))


def test_hit_false_positive_and_miss(tmp_path: Path) -> None:
    blobs = {(20, 28, 60): 0.9, (20, 20, 100): 0.8, (5, 5, 20): 0.7}
    found = detect_one(case_with(tmp_path, {"T12": 0, "L1": 2, "L2": 1}, blobs))
    np.testing.assert_allclose(found.score, [0.9, 0.8, 0.7], atol=1e-4)
    assert found.hit.tolist() == [True, False, False]
    assert found.fractures == 2


@pytest.mark.parametrize(("off", "hit"), [(14, True), (16, False)])
def test_radius(tmp_path: Path, off: int, hit: bool) -> None:
    assert detect_one(case_with(tmp_path, {"L1": 1}, {(20 - off, 20, 60): 0.9})).hit.tolist() == [hit]


def test_below_threshold_and_too_small_are_no_findings(tmp_path: Path) -> None:
    case = case_with(tmp_path, {"L1": 1}, {(20, 20, 60): 0.49})
    assert detect_one(case).score.size == 0
    assert detect_one(case, replace(SETTINGS, finding_threshold=0.4)).hit.tolist() == [True]
    assert detect_one(case, replace(SETTINGS, finding_threshold=0.4, finding_noise_threshold=28)).score.size == 0


def test_second_finding_at_a_fracture_is_a_false_positive(tmp_path: Path) -> None:
    found = detect_one(case_with(tmp_path, {"L1": 1}, {(20, 20, 66): 0.7, (20, 20, 54): 0.9}))
    assert found.hit.tolist() == [True, False]


def test_finding_at_an_ungraded_vertebra_is_not_counted(tmp_path: Path) -> None:
    blobs = {(20, 20, 60): 0.9, (20, 20, 100): 0.8}
    found = detect_one(case_with(tmp_path, {"T12": None, "L1": 0}, blobs))
    np.testing.assert_allclose(found.score, [0.9], atol=1e-4)
    assert found.hit.tolist() == [False]


def test_lowest_grade_of_a_fracture_is_used(tmp_path: Path) -> None:
    found = detect_one(case_with(tmp_path, {"L1": 1}, {(20, 20, 60): 0.9}), replace(SETTINGS, fracture_grade=2))
    assert (found.hit.tolist(), found.fractures) == ([False], 0)


@pytest.mark.parametrize("label", [2, 5])
def test_ellipsoid_reaches_beyond_the_radius(tmp_path: Path, label: int) -> None:
    case = case_with(tmp_path, {"T12": 0, "L1": 2, "L2": 3}, {(20, 38, 60): 0.9, (2, 20, 100): 0.8})
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[55:65, 10:40, 10:30] = label
    labels[95:105] = 1
    nibabel.save(nibabel.Nifti1Image(labels.T, RAS_TO_LPS), tmp_path / "a.nii.gz")
    found = detect_one(case, labels=tmp_path / "a.nii.gz", label=label)
    assert found.hit.tolist() == [True, False]
    assert detect_one(case).hit.tolist() == [False, False]


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_distance_to_the_border_in_any_orientation(axes: tuple[int, int, int]) -> None:
    spacing = np.array([2.0, 3.0, 4.0])
    affine = np.eye(4)
    affine[:3, :3] = np.diag(spacing)[:, list(axes)]
    shape_xyz = np.array([10, 20, 30])[list(axes)]
    probability_map = ProbabilityMap.from_probability(np.zeros(shape_xyz[::-1], dtype=np.float32), affine)
    rows = [Vertebra("a", "a", level, 8, 9, z, 0) for level, z in (("L1", 10.0), ("L2", 100.0))]
    # The voxels' edges lie at -2 and 118 mm.
    np.testing.assert_allclose(distance_to_border(probability_map, rows), [12.0, 18.0])


def test_an_ellipsoid_belongs_to_one_vertebra(tmp_path: Path) -> None:
    case = case_with(tmp_path, {"L1": 2, "L2": 3}, {(20, 38, 60): 0.9, (20, 2, 60): 0.8})
    nibabel.save(nibabel.Nifti1Image(np.full(SHAPE[::-1], 2, dtype=np.uint8), RAS_TO_LPS), tmp_path / "a.nii.gz")
    found = detect_one(case, labels=tmp_path / "a.nii.gz")
    # Both findings lie nearest to L1; neither is one of L2.
    assert found.hit.tolist() == [True, False]
