import numpy as np
import pytest

from evaluation.localisation.detection_metrics import measure_detection
from tests.evaluation.localisation.test_case_match import SETTINGS, locate, match

WEIGHTS = np.array([[1, 1], [2, 0], [0, 2], [1, 1]])
PATIENT = np.array([0, 1])


def test_metrics_counted_by_hand() -> None:
    matches = [match(locate(200, 96, 80, 28, inserted=[55])), match(locate(90, 48, 30, 2))]
    metrics = measure_detection(matches, PATIENT, WEIGHTS, SETTINGS)
    assert (metrics.detected.total, metrics.detected.count) == (6, 8)
    assert metrics.detected.estimate == 0.75
    assert metrics.near.total == 5
    assert metrics.error.estimate == pytest.approx((6 + 2 + 0 + 12 + 0 + 2) / 6)
    assert metrics.error.count == 6
    assert metrics.recall.estimate == pytest.approx((2 / 4 + 4 / 4) / 2)
    assert metrics.precision.estimate == pytest.approx((2 / 4 + 4 / 4) / 2)
    assert metrics.precision_in_span.estimate == pytest.approx((2 / 3 + 4 / 4) / 2)
    assert (metrics.false.total, metrics.false.count) == (1, 7)
    assert (metrics.beyond, metrics.inserted, metrics.inserted_at_vertebra, metrics.missed) == (1, 1, 1, 1)
    assert metrics.detected.ci95 == pytest.approx((0.51875, 0.98125))


def test_maps_in_which_nothing_is_located() -> None:
    metrics = measure_detection([match([]), match([])], PATIENT, WEIGHTS, SETTINGS)
    assert (metrics.detected.estimate, metrics.recall.estimate, metrics.missed) == (0, 0, 8)
    assert metrics.error.estimate is metrics.precision.estimate is metrics.false.estimate is None
    assert metrics.error.ci95 is metrics.precision.ci95 is metrics.false.ci95 is None


def test_two_scans_of_a_patient_are_drawn_together() -> None:
    """Neither of the scans alone says how patients differ."""
    matches = [match(locate(90)), match(locate(90, 60))]
    metrics = measure_detection(matches, np.array([1, 1]), WEIGHTS, SETTINGS)
    assert metrics.recall.estimate == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert metrics.recall.ci95 is None
