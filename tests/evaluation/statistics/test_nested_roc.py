import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.statistics.nested_roc import nested_roc
from evaluation.statistics.roc import roc_curve, roc_hull
from evaluation.statistics.scores import PatientScores

FAMILY = (1, 125)


def patients(fracture: np.ndarray, scores: np.ndarray) -> PatientScores:
    names = tuple(f"p{number:02d}" for number in range(len(fracture)))
    return PatientScores(names, tuple((name,) for name in names), (None,) * len(names), fracture, scores)


def test_by_hand() -> None:
    fracture = np.array([True, False, True, False])
    # In fold 0 only the first member is right, in fold 1 only the second: each is judged by the other's choice.
    scores = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.8, 0.2]])
    nested = nested_roc(patients(fracture, scores), np.array([0, 0, 1, 1]), FAMILY)
    assert nested.hulls[0].noise_threshold[1] == 125
    assert nested.hulls[1].noise_threshold[1] == 1
    # At 0.8 and n = 125 fold 0 has its false alarm alone, at 0.9 and n = 1 fold 1 has no positive.
    np.testing.assert_array_equal(nested.false_positive_rate, [0, 0.5, 1])
    np.testing.assert_array_equal(nested.sensitivity, [0, 0, 1])
    assert nested.auc == 0.25


def test_perfect_separation_is_one() -> None:
    fracture = np.arange(20) % 2 == 0
    scores = np.column_stack([fracture * 0.5 + 0.2, fracture * 0.9])
    assert nested_roc(patients(fracture, scores), np.arange(20) // 4, FAMILY).auc == 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), folds=st.integers(2, 5), distinct=st.sampled_from([2, 5, 1000]))
def test_every_point_is_the_sum_of_decisions_made_elsewhere(seed: int, folds: int, distinct: int) -> None:
    """Walk along the hulls, deciding patient after patient."""
    generator = np.random.default_rng(seed)
    fold_of = np.arange(30) % folds
    fracture = (np.arange(30) // folds) % 2 == 0
    scores = generator.integers(0, distinct, (30, 2)) / distinct
    nested = nested_roc(patients(fracture, scores), fold_of, FAMILY)
    hulls = []
    for fold in range(folds):
        others = fold_of != fold
        hulls.append(roc_hull([roc_curve(fracture[others], member) for member in scores[others].T], FAMILY))
    places = [hull.false_positive_rate + hull.sensitivity for hull in hulls]
    points = []
    for place in sorted(set(np.concatenate(places).tolist())):
        chance = np.zeros(30)
        for patient in range(30):
            hull = hulls[fold_of[patient]]
            thresholds = [*hull.probability_threshold[:-1], 0.0]
            members = [FAMILY.index(n) for n in hull.noise_threshold]
            decisions = [float(scores[patient, c] >= p) for c, p in zip(members, thresholds, strict=True)]
            chance[patient] = np.interp(place, places[fold_of[patient]], decisions)
        points.append((chance[~fracture].mean(), chance[fracture].mean()))
    np.testing.assert_allclose(
        np.column_stack([nested.false_positive_rate, nested.sensitivity]), points, rtol=0, atol=1e-12
    )
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    assert nested.auc == pytest.approx(np.trapezoid([y for _, y in points], [x for x, _ in points]))


def test_without_information_it_is_one_half_on_average_where_the_hull_is_above() -> None:
    generator = np.random.default_rng(0)
    fracture = np.arange(40) % 2 == 0
    nested, apparent = [], []
    for _ in range(100):
        scores = generator.random((40, 2))
        scored = patients(fracture, scores)
        nested.append(nested_roc(scored, np.arange(40) // 8, FAMILY).auc)
        apparent.append(roc_hull([roc_curve(fracture, member) for member in scores.T], FAMILY).auc)
    assert np.mean(nested) == pytest.approx(0.5, abs=0.03)
    assert np.mean(apparent) > 0.6
