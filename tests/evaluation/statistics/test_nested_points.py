import numpy as np

from evaluation.settings import EvaluationSettings
from evaluation.statistics.nested_points import nested_points
from evaluation.statistics.operating_points import Thresholds, rates
from evaluation.statistics.roc import RocCurve, roc_curve

FRACTURE = np.array([True, False, True, False])
FOLDS = np.array([0, 0, 1, 1])


def curves_of_the_others(scores: np.ndarray) -> dict[int, RocCurve]:
    others = {0: np.array([False, False, True, True]), 1: np.array([True, True, False, False])}
    return {fold: roc_curve(FRACTURE[rows], scores[rows]) for fold, rows in others.items()}


def test_each_fold_is_decided_at_the_thresholds_of_the_others() -> None:
    scores = np.array([0.9, 0.8, 0.3, 0.1])
    curves = curves_of_the_others(scores)
    point = nested_points(FRACTURE, {None: scores}, FOLDS, curves, EvaluationSettings())["youden"]
    assert point.by_fold == {0: Thresholds(0.3, None), 1: Thresholds(0.9, None)}
    # At 0.3 both patients of fold 0 are positive, at 0.9 nobody of fold 1.
    expected = rates(FRACTURE, np.array([True, True, False, False]))
    assert (point.sensitivity, point.specificity) == (expected.sensitivity, expected.specificity)
    assert point.positive_predictive_value == expected.positive_predictive_value
    assert point.negative_predictive_value == expected.negative_predictive_value


def test_scores_that_mean_the_same_in_all_folds_lose_nothing() -> None:
    scores = np.array([0.9, 0.2, 0.9, 0.2])
    curves = curves_of_the_others(scores)
    for point in nested_points(FRACTURE, {None: scores}, FOLDS, curves, EvaluationSettings()).values():
        assert point.sensitivity.estimate == point.specificity.estimate == 1


def test_youden_point_of_random_scores_is_unbiased_only_when_nested() -> None:
    generator = np.random.default_rng(0)
    fracture, folds = np.arange(40) % 2 == 0, np.arange(40) // 8
    gains = []
    for _ in range(200):
        scores = generator.random(40)
        curves = {fold: roc_curve(fracture[folds != fold], scores[folds != fold]) for fold in range(5)}
        point = nested_points(fracture, {None: scores}, folds, curves, EvaluationSettings())["youden"]
        gains.append((point.sensitivity.count + point.specificity.count) / 20 - 1)
    assert abs(np.mean(gains)) < 0.05
