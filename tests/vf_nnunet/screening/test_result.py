"""The patient's score and findings, by the evaluation's own rules."""

import numpy as np
import pytest

from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import quantise
from vf_nnunet.inference.probability_grid import ProbabilityGrid
from vf_nnunet.screening.operating_point import OperatingPoint
from vf_nnunet.screening.result import find_fractures, patient_result, relevant_region, without_paths


def region(probability: np.ndarray, affine: np.ndarray, point: OperatingPoint, before: int = 0) -> ProbabilityMap:
    """The relevant region of a map around which `before` voxels were cropped on each side."""
    return relevant_region(quantise(probability), ProbabilityGrid(affine, ((before, before),) * 3), point)


def two_blobs(point: OperatingPoint) -> ProbabilityMap:
    """A large faint one and a small bright one, on a grid of 1 mm that begins at (100, 0, 0)."""
    probability = np.zeros((30, 30, 30), np.float32)
    probability[2:8, 2:8, 2:8] = 0.6
    probability[20:23, 20:23, 20:23] = 0.9
    affine = np.eye(4)
    affine[0, 3] = 100
    return region(probability, affine, point)


def test_findings_have_place_volume_and_peak() -> None:
    point = OperatingPoint(0.5, 20, "test")
    findings = find_fractures(two_blobs(point), point)
    result = patient_result(two_blobs(point), findings, point)
    assert result["positive"]
    assert result["findings"] == [
        {"centre_lps_mm": [121.0, 21.0, 21.0], "volume_mm3": 27.0, "peak_probability": 0.9},
        {"centre_lps_mm": [104.5, 4.5, 4.5], "volume_mm3": 216.0, "peak_probability": 0.6},
    ]
    assert result["operating_point"] == {
        "probability_threshold": 0.5,
        "noise_threshold_voxels": 20,
        "source": "test",
        "connectivity": 26,
    }


def test_the_score_belongs_to_the_points_noise_threshold() -> None:
    """A threshold of 100 voxels leaves only the faint blob; 1000 leaves none."""
    scores = []
    for noise_threshold in (27, 100, 1000):
        point = OperatingPoint(0.7, noise_threshold)
        findings = find_fractures(two_blobs(point), point)
        result = patient_result(two_blobs(point), findings, point)
        assert result["positive"] == (result["score"] >= 0.7)
        scores.append(result["score"])
    np.testing.assert_allclose(scores, (0.9, 0.6, 0), atol=1e-5)


@pytest.mark.parametrize("before", [0, 4])
def test_components_at_the_borders_are_found(before: int) -> None:
    """Also at exactly the threshold, on an oblique grid, and where a border of zeros was cropped."""
    probability = np.zeros((12, 13, 14), np.float32)
    probability[:3, :3, :3] = 0.5
    probability[9:, 10:, 11:] = 0.5
    angle = np.pi / 6
    affine = np.array([[np.cos(angle), -np.sin(angle), 0, 5], [np.sin(angle), np.cos(angle), 0, 6], [0, 0, 1, 7]])
    point = OperatingPoint(0.5, 27)
    found = find_fractures(region(probability, np.vstack([affine, [0, 0, 0, 1]]), point, before), point)
    corners = np.array([[1, 1, 1], [12, 11, 10]]) + before
    expected = [affine @ [*corner, 1] for corner in corners]
    np.testing.assert_allclose(sorted(finding.centre for finding in found), sorted(map(tuple, expected)), atol=1e-6)


@pytest.mark.parametrize("probability", [0.0, 0.1])
def test_a_map_without_a_finding(probability: float) -> None:
    point = OperatingPoint()
    probability_map = region(np.full((5, 6, 7), probability, np.float32), np.eye(4), point)
    assert find_fractures(probability_map, point) == []
    assert not patient_result(probability_map, [], point)["positive"]
    assert patient_result(probability_map, [], point)["score"] == pytest.approx(probability, abs=1e-5)


def test_the_region_holds_little_more_than_the_score_depends_on() -> None:
    """Also voxels between the evaluation's floor and a high operating point."""
    probability = np.zeros((20, 20, 20), np.float32)
    probability[5:12, 6:10, 7:9] = 0.01
    probability[3] = 0.0005
    found = region(probability, np.eye(4), OperatingPoint(0.9, 8))
    assert found.probability.shape == (7, 4, 2)
    assert found.affine[:3, 3].tolist() == [7, 6, 5]


def test_warnings_lose_the_paths_that_they_begin_with() -> None:
    warnings = ["/a folder/Doe: thick slices", r"C:\Doe: thin", "ct.nii: bright: very", "other: kept", "no colon"]
    assert without_paths(warnings, "ct.nii") == ["thick slices", "thin", "bright: very", "other: kept", "no colon"]
    assert without_paths(["ct.nii: kept"], None) == ["ct.nii: kept"]
