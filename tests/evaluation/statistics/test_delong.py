import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.statistics.delong import delong


def test_by_hand() -> None:
    """Two positives and three negatives, with a tie in the first score.

    First: psi = [[1, 1, 1], [0, 0.5, 1]] (positives by negatives), so the positives' components are 1 and 0.5, the
    negatives' 0.5, 0.75 and 1. Second: psi = [[1, 0, 1], [1, 1, 1]], so 2/3 and 1; 1, 0.5 and 1. With the variances
    1/8, 1/18 and 1/16, 1/12, and the covariances -1/12 and 0, of these components:
    """
    fracture = np.array([True, True, False, False, False])
    scores = np.array([[0.9, 0.5], [0.4, 0.8], [0.6, 0.1], [0.4, 0.6], [0.1, 0.2]])
    aucs = delong(fracture, scores)
    np.testing.assert_allclose(aucs.auc, [4.5 / 6, 5 / 6])
    expected = [[1 / 8 / 2 + 1 / 16 / 3, -1 / 12 / 2], [-1 / 12 / 2, 1 / 18 / 2 + 1 / 12 / 3]]
    np.testing.assert_allclose(aucs.covariance, expected, atol=1e-15)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), distinct=st.sampled_from([2, 6, 1000]))
def test_equals_the_structural_components_of_the_paper(seed: int, distinct: int) -> None:
    generator = np.random.default_rng(seed)
    fracture = generator.permutation(np.arange(25) < generator.integers(2, 24))
    scores = generator.integers(0, distinct, (25, 2)) / distinct
    difference = scores[fracture][:, None, :] - scores[~fracture][None, :, :]
    psi = (difference > 0) + 0.5 * (difference == 0)
    aucs = delong(fracture, scores)
    np.testing.assert_allclose(aucs.auc, psi.mean(axis=(0, 1)))
    by_positive, by_negative = psi.mean(axis=1), psi.mean(axis=0)
    expected = np.cov(by_positive.T) / len(by_positive) + np.cov(by_negative.T) / len(by_negative)
    np.testing.assert_allclose(aucs.covariance, expected, atol=1e-12)


def test_variance_is_that_of_repeated_samples() -> None:
    generator = np.random.default_rng(0)
    fracture = np.arange(60) < 40
    found = [delong(fracture, generator.normal(fracture[:, None], 1, (60, 1))) for _ in range(400)]
    assert np.mean([aucs.covariance[0, 0] for aucs in found]) == pytest.approx(
        np.var([aucs.auc[0] for aucs in found]), rel=0.15
    )


def test_one_case_of_a_class_has_no_covariance() -> None:
    aucs = delong(np.array([True, False, False]), np.array([[0.9], [0.1], [0.95]]))
    assert aucs.auc[0] == 0.5
    assert np.isnan(aucs.covariance).all()
