import numpy as np
import pytest

from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import find_components, label_findings, patient_scores
from evaluation.settings import EvaluationSettings


def two_boxes() -> ProbabilityMap:
    """27 voxels at 0.8 and, apart from them, 64 voxels at 0.4, on a grid with its origin at (10, 20, 30)."""
    probability = np.zeros((20, 15, 10), dtype=np.float32)
    probability[2:5, 3:6, 4:7] = 0.8
    probability[10:14, 8:12, 1:5] = 0.4
    affine = np.eye(4)
    affine[:3, 3] = [10, 20, 30]
    return ProbabilityMap.from_probability(probability, affine)


FAMILY = EvaluationSettings(noise_thresholds=(1, 27, 28, 64, 65, 125))


def test_score_is_the_largest_probability_with_a_sufficient_component() -> None:
    np.testing.assert_allclose(patient_scores(two_boxes(), FAMILY), [0.8, 0.8, 0.4, 0.4, 0, 0], atol=1 / 131070)


def test_total_is_the_sum_of_all_components() -> None:
    total = EvaluationSettings(noise_thresholds=(1, 27, 28, 64, 65, 91, 92, 125), count="total")
    expected = [0.8, 0.8, 0.4, 0.4, 0.4, 0.4, 0, 0]
    np.testing.assert_allclose(patient_scores(two_boxes(), total), expected, atol=1 / 131070)


def test_score_below_the_floor_is_zero() -> None:
    settings = EvaluationSettings(noise_thresholds=(1, 64, 125), probability_floor=0.5)
    np.testing.assert_allclose(patient_scores(two_boxes(), settings), [0.8, 0, 0], atol=1 / 131070)
    empty = ProbabilityMap.from_probability(np.zeros((3, 3, 3), dtype=np.float32), np.eye(4))
    assert patient_scores(empty, settings).tolist() == [0, 0, 0]


def test_noise_thresholds_are_volumes() -> None:
    coarse = ProbabilityMap.from_probability(two_boxes().probability, np.diag([2.0, 2.0, 2.0, 1.0]))
    settings = EvaluationSettings(noise_thresholds=(125, 27 * 8, 28 * 8, 64 * 8, 65 * 8))
    np.testing.assert_allclose(patient_scores(coarse, settings), [0.8, 0.8, 0.4, 0.4, 0], atol=1 / 131070)


def test_storage_orientation_does_not_change_the_score() -> None:
    original = two_boxes()
    flipped = ProbabilityMap.from_probability(
        np.ascontiguousarray(original.probability.transpose(2, 0, 1)[::-1]), original.affine
    )
    np.testing.assert_array_equal(patient_scores(original, FAMILY), patient_scores(flipped, FAMILY))


def test_score_as_threshold_finds_a_component_and_anything_above_does_not() -> None:
    generator = np.random.default_rng(5)
    noise = ProbabilityMap.from_probability(generator.random((20, 20, 20), dtype=np.float32), np.eye(4))
    for n, score in zip(FAMILY.noise_thresholds, patient_scores(noise, FAMILY), strict=True):
        assert find_components(noise, score, n)
        assert not find_components(noise, score + 1 / 65535, n)


def test_findings_are_measured_in_the_world_and_sorted_by_peak() -> None:
    first, second = find_components(two_boxes(), 0.3, 8)
    assert first.centre == pytest.approx((15, 24, 33))
    assert (first.voxels, second.voxels) == (27, 64)
    assert second.volume_mm3 == pytest.approx(64)
    assert first.peak_probability == pytest.approx(0.8, abs=1e-5)
    assert second.centre == pytest.approx((12.5, 29.5, 41.5))


def test_findings_obey_both_thresholds() -> None:
    assert [finding.voxels for finding in find_components(two_boxes(), 0.5, 8)] == [27]
    assert [finding.voxels for finding in find_components(two_boxes(), 0.3, 28)] == [64]
    assert find_components(two_boxes(), 0.9, 1) == []


def test_labels_are_the_voxels_of_the_findings_in_their_order() -> None:
    """A third box of 8 voxels is too small and has no label."""
    probability_map = two_boxes()
    probability_map.quantised[17:19, 0:2, 0:2] = 60000
    found = label_findings(probability_map, 0.3, 20)
    assert list(found.findings) == find_components(probability_map, 0.3, 20)
    labels = np.zeros(probability_map.shape, int)
    z, y, x = (slice(start, start + extent) for start, extent in zip(found.first, found.labels.shape, strict=True))
    labels[z, y, x] = found.labels
    expected = np.zeros_like(labels)
    expected[2:5, 3:6, 4:7], expected[10:14, 8:12, 1:5] = 1, 2
    np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize("probability_threshold", [0.7, 0.9])
def test_without_findings_no_voxel_has_a_label(probability_threshold: float) -> None:
    found = label_findings(two_boxes(), probability_threshold, 28)
    assert found.findings == ()
    assert not found.labels.any()
