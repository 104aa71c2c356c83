import numpy as np
import pytest

from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import EvaluationSettings
from evaluation.statistics.operating_points import (
    Thresholds,
    is_positive,
    operating_points,
    rate,
    rates,
    sensitivity_index,
    specificity_index,
    thresholds_at,
    youden_index,
)
from evaluation.statistics.roc import roc_curve, roc_hull

FRACTURE = np.array([True, True, True, True, False, False, False, False])
SCORES = np.array([0.9, 0.8, 0.6, 0.3, 0.7, 0.2, 0.2, 0.1])


def test_wilson_interval_golden() -> None:
    # 81 of 263: Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    wilson = rate(np.arange(263) < 81)
    assert (wilson.low, wilson.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (wilson.count, wilson.total) == (81, 263)


def test_wilson_interval_at_the_ends_and_of_nothing() -> None:
    full = rate(np.ones(11, dtype=bool))
    assert full.estimate == 1
    assert full.low == pytest.approx(11 / (11 + 1.959964**2), abs=1e-6)
    assert full.high == pytest.approx(1)
    assert rate(np.zeros(0, dtype=bool)).estimate is None


def test_youden_takes_the_most_specific_of_the_best_points() -> None:
    curve = roc_curve(FRACTURE, SCORES)
    # (0, .5), (.25, .75) and (.25, .75 + .25) at 0.3 compete: 1 - .25 is the largest.
    assert curve.probability_threshold[youden_index(curve)] == 0.3
    tied = roc_curve(np.array([True, True, False, False]), np.array([0.9, 0.7, 0.8, 0.1]))
    assert tied.probability_threshold[youden_index(tied)] == 0.9


def test_target_sensitivity_takes_the_most_specific_point() -> None:
    curve = roc_curve(FRACTURE, SCORES)
    assert curve.probability_threshold[sensitivity_index(curve, 0.75)] == 0.6
    assert curve.probability_threshold[sensitivity_index(curve, 0.76)] == 0.3
    assert curve.probability_threshold[sensitivity_index(curve, 1.0)] == 0.3


def test_target_specificity_takes_the_most_sensitive_point() -> None:
    curve = roc_curve(FRACTURE, SCORES)
    assert curve.probability_threshold[specificity_index(curve, 1.0)] == 0.8
    assert curve.probability_threshold[specificity_index(curve, 0.75)] == 0.3
    assert curve.probability_threshold[specificity_index(curve, 0.76)] == 0.8
    # No threshold has both: the point that calls nobody positive always has the specificity.
    hopeless = roc_curve(~FRACTURE, SCORES)
    assert np.isinf(hopeless.probability_threshold[specificity_index(hopeless, 1.0)])


def test_rates_by_hand() -> None:
    found = rates(FRACTURE, SCORES >= 0.6)
    assert (found.sensitivity.count, found.sensitivity.total) == (3, 4)
    assert (found.specificity.count, found.specificity.total) == (3, 4)
    assert (found.positive_predictive_value.count, found.positive_predictive_value.total) == (3, 4)
    assert (found.negative_predictive_value.count, found.negative_predictive_value.total) == (3, 4)


def test_threshold_at_which_nobody_is_positive() -> None:
    positive = is_positive({None: SCORES}, Thresholds(None, None))
    assert not positive.any()
    assert rates(FRACTURE, positive).sensitivity.estimate == 0
    assert rates(FRACTURE, positive).positive_predictive_value.estimate is None
    assert rates(FRACTURE, positive).negative_predictive_value.estimate == 0.5
    assert thresholds_at(roc_curve(FRACTURE, SCORES), 0) == Thresholds(None, None)


def test_points_of_a_hull_name_both_thresholds() -> None:
    scores: dict[int | None, FloatArray] = {8: SCORES, 125: np.where(FRACTURE, 0.9, 0.1)}
    hull = roc_hull([roc_curve(FRACTURE, member) for member in scores.values()], [8, 125])
    points = operating_points(FRACTURE, scores, hull, EvaluationSettings())
    assert list(points) == ["youden", "target_sensitivity", "target_specificity"]
    for point in points.values():
        assert (point.probability_threshold, point.noise_threshold) == (0.9, 125)
        assert point.sensitivity.estimate == point.specificity.estimate == 1
