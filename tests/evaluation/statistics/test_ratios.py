import numpy as np
import pytest

from evaluation.statistics.bootstrap import draw_patients
from evaluation.statistics.ratios import mean_over_patients, pooled_ratio

WEIGHTS = draw_patients([f"p{number:03d}" for number in range(100)], np.zeros(100, dtype=bool), 2000, 1)


def test_independent_values_have_the_interval_of_their_standard_error() -> None:
    values = np.random.default_rng(0).normal(3.0, 1.0, 100)
    found = mean_over_patients(values, np.arange(100), WEIGHTS)
    assert found.ci95 is not None
    assert found.estimate == pytest.approx(values.mean())
    half = 1.96 * values.std() / 10
    np.testing.assert_allclose(found.ci95, [values.mean() - half, values.mean() + half], atol=0.03)
    assert found.total == pytest.approx(values.sum())
    assert found.count == 100


def test_values_of_a_patient_are_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(0).random(100), 4)
    clustered = mean_over_patients(values, np.repeat(np.arange(100), 4), WEIGHTS)
    single = mean_over_patients(values[::4], np.arange(100), WEIGHTS)
    assert clustered.ci95 == pytest.approx(single.ci95)


def test_a_ratio_is_of_the_sums() -> None:
    found = pooled_ratio(np.array([1, 0, 3]), np.array([4, 0, 4]), np.array([0, 1, 2]), np.array([[1, 1, 1]] * 3))
    assert (found.estimate, found.ci95, found.total, found.count) == (0.5, (0.5, 0.5), 4, 8)


def test_replicates_without_a_value_are_left_out() -> None:
    weights = np.array([[0, 0, 3], [1, 1, 1], [1, 1, 1]])
    assert mean_over_patients(np.array([1.0, 1.0]), np.array([0, 1]), weights).ci95 == (1.0, 1.0)


def test_too_few_values() -> None:
    nothing = mean_over_patients(np.empty(0), np.empty(0, dtype=np.int64), WEIGHTS)
    assert (nothing.estimate, nothing.ci95, nothing.count) == (None, None, 0)
    single = mean_over_patients(np.array([1.0, 0.0]), np.array([3, 3]), WEIGHTS)
    assert (single.estimate, single.ci95) == (0.5, None)
