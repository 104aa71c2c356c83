import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.statistics.clustered_auc import clustered_auc, covariance
from evaluation.statistics.hull_decisions import area_of_decisions, decisions_along, hull_area, hull_positions
from evaluation.statistics.roc import RocHull, roc_curve, roc_hull

FAMILY = (1, 125)


def hull_of(fracture: np.ndarray, scores: np.ndarray) -> RocHull:
    return roc_hull([roc_curve(fracture, member) for member in scores.T], FAMILY)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), distinct=st.sampled_from([2, 5, 1000]))
def test_area_is_that_of_the_hull(seed: int, distinct: int) -> None:
    generator = np.random.default_rng(seed)
    fracture = np.arange(30) < 12
    scores = generator.integers(0, distinct, (30, 2)) / distinct
    hull = hull_of(fracture, scores)
    assert hull_area(fracture, scores, hull, FAMILY).auc == pytest.approx(hull.auc)


def test_decisions_by_hand() -> None:
    """The first score separates the patients but for the third; between two corners a decision is one half."""
    fracture = np.array([True, True, False, False])
    scores = np.array([[0.9, 0.0], [0.4, 0.0], [0.6, 0.0], [0.1, 0.0]])
    hull = hull_of(fracture, scores)
    np.testing.assert_allclose(hull_positions(hull), [0, 0.5, 1.5, 2])
    found = decisions_along(hull, scores, FAMILY, np.array([0, 0.25, 0.5, 1.0, 1.5, 2.0]))
    expected = np.array([[0, 0.5, 1, 1, 1, 1], [0, 0, 0, 0.5, 1, 1], [0, 0, 0, 0.5, 1, 1], [0, 0, 0, 0, 0, 1]])
    np.testing.assert_allclose(found, expected)


def test_decisions_of_a_plain_curve_have_the_variance_of_its_score() -> None:
    """Without ties, each corner of a plain curve changes the decision about one patient."""
    generator = np.random.default_rng(0)
    fracture = np.arange(40) < 25
    scores = generator.normal(fracture * 1.0, 1)
    curve = roc_curve(fracture, scores)
    decisions = (scores[:, None] >= curve.probability_threshold).astype(float)
    found, expected = area_of_decisions(fracture, decisions), clustered_auc(fracture, scores)
    assert found.auc == pytest.approx(expected.auc)
    assert covariance(found, found) == pytest.approx(covariance(expected, expected))


def test_a_score_below_the_hull_is_positive_at_its_last_corner() -> None:
    fracture = np.array([True, False, True, False])
    scores = np.array([[0.9, 0.1], [0.5, 0.1], [0.8, 0.1], [0.4, 0.1]])
    hull = hull_of(fracture, scores)
    assert decisions_along(hull, np.zeros((1, 2)), FAMILY, np.array([0.0, 2.0])).tolist() == [[0.0, 1.0]]
