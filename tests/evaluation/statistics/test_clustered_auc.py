import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluation.statistics.clustered_auc import ClusteredAuc, clustered_auc, covariance, degrees_of_freedom


def both(fracture: np.ndarray, scores: np.ndarray) -> tuple[list[float], list[list[float]]]:
    """Areas and covariances of two scores of patients, (patients, 2)."""
    areas = [clustered_auc(fracture, column) for column in scores.T]
    return [area.auc for area in areas], [[covariance(first, second) for second in areas] for first in areas]


def by_definition(fracture: np.ndarray, scores: np.ndarray, unit: np.ndarray) -> tuple[float, float]:
    """AUC and variance as Obuchowski (1997) writes them, pair by pair and patient by patient."""
    difference = scores[fracture][:, None] - scores[~fracture][None, :]
    psi = (difference > 0) + 0.5 * (difference == 0)
    auc, (positives, negatives) = psi.mean(), psi.shape
    x, y = [], []
    for patient in np.unique(unit):
        of_fractured, of_others = unit[fracture] == patient, unit[~fracture] == patient
        x.append(psi[of_fractured].mean(axis=1).sum() - of_fractured.sum() * auc)
        y.append(psi[:, of_others].mean(axis=0).sum() - of_others.sum() * auc)
    i10, i01, i = (np.unique(chosen).size for chosen in (unit[fracture], unit[~fracture], unit))
    s10 = i10 / ((i10 - 1) * positives) * np.dot(x, x)
    s01 = i01 / ((i01 - 1) * negatives) * np.dot(y, y)
    s11 = i / (i - 1) * np.dot(x, y)
    return float(auc), float(s10 / positives + s01 / negatives + 2 * s11 / (positives * negatives))


def test_by_hand() -> None:
    """Two positives and three negatives, with a tie in the first score.

    First: psi = [[1, 1, 1], [0, 0.5, 1]] (positives by negatives), so the positives' components are 1 and 0.5, the
    negatives' 0.5, 0.75 and 1. Second: psi = [[1, 0, 1], [1, 1, 1]], so 2/3 and 1; 1, 0.5 and 1. With the variances
    1/8, 1/18 and 1/16, 1/12, and the covariances -1/12 and 0, of these components:
    """
    fracture = np.array([True, True, False, False, False])
    scores = np.array([[0.9, 0.5], [0.4, 0.8], [0.6, 0.1], [0.4, 0.6], [0.1, 0.2]])
    aucs, covariances = both(fracture, scores)
    np.testing.assert_allclose(aucs, [4.5 / 6, 5 / 6])
    expected = [[1 / 8 / 2 + 1 / 16 / 3, -1 / 12 / 2], [-1 / 12 / 2, 1 / 18 / 2 + 1 / 12 / 3]]
    np.testing.assert_allclose(covariances, expected, atol=1e-15)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), distinct=st.sampled_from([2, 6, 1000]))
def test_equals_the_structural_components_of_the_paper(seed: int, distinct: int) -> None:
    generator = np.random.default_rng(seed)
    fracture = generator.permutation(np.arange(25) < generator.integers(2, 24))
    scores = generator.integers(0, distinct, (25, 2)) / distinct
    difference = scores[fracture][:, None, :] - scores[~fracture][None, :, :]
    psi = (difference > 0) + 0.5 * (difference == 0)
    aucs, covariances = both(fracture, scores)
    np.testing.assert_allclose(aucs, psi.mean(axis=(0, 1)))
    by_positive, by_negative = psi.mean(axis=1), psi.mean(axis=0)
    expected = np.cov(by_positive.T) / len(by_positive) + np.cov(by_negative.T) / len(by_negative)
    np.testing.assert_allclose(covariances, expected, atol=1e-12)


def test_variance_is_that_of_repeated_samples() -> None:
    generator = np.random.default_rng(0)
    fracture = np.arange(60) < 40
    found = [clustered_auc(fracture, generator.normal(fracture, 1)) for _ in range(400)]
    variances = [covariance(area, area) for area in found]
    assert np.mean(variances) == pytest.approx(np.var([area.auc for area in found]), rel=0.15)


def test_one_patient_of_a_class_has_no_variance() -> None:
    area = clustered_auc(np.array([True, False, False]), np.array([0.9, 0.1, 0.95]))
    assert area.auc == 0.5
    assert np.isnan(covariance(area, area))
    assert area.smaller_class == 1


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), distinct=st.sampled_from([2, 6, 1000]), patients=st.integers(4, 12))
def test_clusters_have_the_variance_of_obuchowski(seed: int, distinct: int, patients: int) -> None:
    generator = np.random.default_rng(seed)
    unit = np.append(np.arange(patients), generator.integers(0, patients, 40))
    fracture = (np.arange(unit.size) < 2) | (generator.random(unit.size) < 0.4)
    fracture[2:4] = False
    scores = generator.integers(0, distinct, unit.size) / distinct
    area = clustered_auc(fracture, scores, unit)
    auc, variance = by_definition(fracture, scores, unit)
    assert area.auc == pytest.approx(auc)
    assert covariance(area, area) == pytest.approx(variance, abs=1e-12)


def test_golden_clusters() -> None:
    """Three patients by hand.

    Placements of the fractures: 1, 1/2 (patient 0) and 3/4 (patient 1); of the others: 1 and 2/3 (patient 0), 1/3
    (patient 1), 1 (patient 2). AUC 3/4, x = (0, 0), y = (1/6, -5/12, 1/4) / 4.
    """
    unit = np.array([0, 0, 1, 0, 0, 1, 2])
    fracture = np.array([True, True, True, False, False, False, False])
    scores = np.array([0.9, 0.4, 0.6, 0.1, 0.5, 0.7, 0.2])
    area = clustered_auc(fracture, scores, unit)
    assert area.auc == pytest.approx(3 / 4)
    np.testing.assert_allclose(area.of_positives, [0, 0, 0], atol=1e-15)
    np.testing.assert_allclose(area.of_negatives, [1 / 24, -5 / 48, 1 / 16])
    assert covariance(area, area) == pytest.approx(3 / 2 * (1 / 24**2 + 25 / 48**2 + 1 / 16**2))


@pytest.mark.parametrize("seed", range(5))
def test_patients_have_the_variance_and_the_degrees_of_freedom_of_brunner_and_munzel(seed: int) -> None:
    """Against SciPy, whose p value is that of the AUC's distance from 0.5."""
    generator = np.random.default_rng(seed)
    fracture = np.arange(32) < 20
    scores = np.round(generator.normal(fracture * 0.8, 1), 1)
    area = clustered_auc(fracture, scores)
    expected = stats.brunnermunzel(scores[~fracture], scores[fracture])
    distance = (area.auc - 0.5) / covariance(area, area) ** 0.5
    assert distance == pytest.approx(expected.statistic)
    assert 2 * stats.t.sf(abs(distance), degrees_of_freedom(area)) == pytest.approx(expected.pvalue)


def test_draws_are_averaged() -> None:
    generator = np.random.default_rng(1)
    fracture = np.arange(30) < 10
    scores = generator.normal(size=(30, 4)) + fracture[:, None]
    area = clustered_auc(fracture, scores)
    columns = [clustered_auc(fracture, column) for column in scores.T]
    assert area.auc == pytest.approx(np.mean([column.auc for column in columns]))
    assert covariance(area, area) == pytest.approx(
        np.mean([[covariance(first, second) for second in columns] for first in columns])
    )


def test_a_patient_who_dominates_the_variance_leaves_few_degrees_of_freedom() -> None:
    """All fractures of one of twenty patients are missed."""
    unit = np.repeat(np.arange(20), 4)
    fracture = np.tile([True, True, False, False], 20)
    scores = np.where(fracture, 1.0, 0.0) + np.random.default_rng(0).normal(0, 0.3, 80)
    even = clustered_auc(fracture, scores, unit)
    odd = clustered_auc(fracture, np.where(fracture & (unit == 0), -1.0, scores), unit)
    assert degrees_of_freedom(even) > 2 * degrees_of_freedom(odd)
    assert degrees_of_freedom(odd) >= 1


def test_degrees_of_freedom_without_variance() -> None:
    area: ClusteredAuc = clustered_auc(np.arange(9) < 5, np.arange(9.0)[::-1])
    assert (area.auc, covariance(area, area), degrees_of_freedom(area)) == (1.0, 0.0, 3.0)
