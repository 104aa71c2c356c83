from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from evaluation.statistics.auc_interval import LEAST_PATIENTS, auc_interval, difference_interval, difference_p
from evaluation.statistics.clustered_auc import ClusteredAuc, clustered_auc, covariance

FRACTURE = np.arange(90) < 79


def drawn(separation: float, seed: int, common: float = 0.0) -> ClusteredAuc:
    """The AUC of drawn scores; `common` is the share of the noise's variance that all seeds have in common."""
    shared, own = np.random.default_rng(99).normal(size=90), np.random.default_rng(seed).normal(size=90)
    return clustered_auc(FRACTURE, separation * FRACTURE + common**0.5 * shared + (1 - common) ** 0.5 * own)


def some(interval: tuple[float, float] | None) -> tuple[float, float]:
    assert interval is not None
    return interval


def test_golden_interval() -> None:
    """Ten patients of each outcome, with the p value and the statistic of SciPy's Brunner-Munzel test.

    The variance follows from the statistic, the degrees of freedom from the p value.
    """
    positives = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30, 2.01])
    negatives = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29, 0.70])
    area = clustered_auc(np.arange(20) < 10, np.append(positives, negatives))
    test = stats.brunnermunzel(negatives, positives)
    error = (area.auc - 0.5) / test.statistic
    freedom = min(np.arange(9, 19, 0.001), key=lambda df: abs(2 * stats.t.sf(test.statistic, df) - test.pvalue))
    half = stats.t.ppf(0.975, freedom) * error / (area.auc * (1 - area.auc))
    assert area.auc == pytest.approx(0.74)
    expected = expit(logit(area.auc) + np.array([-half, half]))
    assert some(auc_interval(area)) == pytest.approx(expected, abs=1e-4)
    assert some(auc_interval(area)) == pytest.approx((0.38999, 0.92685), abs=1e-5)


def test_interval_holds_the_area_and_is_wider_below_than_above() -> None:
    area = drawn(2.0, 0)
    low, high = some(auc_interval(area))
    assert 0 < low < area.auc < high < 1
    assert area.auc - low > high - area.auc
    assert some(auc_interval(area, 0.9))[0] > low


def test_separated_scores_have_the_interval_of_wilson() -> None:
    """As of 11 of 11 patients; turned around, of none."""
    expected = stats.binomtest(11, 11).proportion_ci(method="wilson")
    assert some(auc_interval(clustered_auc(FRACTURE, FRACTURE * 1.0))) == pytest.approx((expected.low, expected.high))
    none = stats.binomtest(0, 11).proportion_ci(method="wilson")
    assert some(auc_interval(clustered_auc(FRACTURE, ~FRACTURE * 1.0))) == pytest.approx((none.low, none.high))


def test_equal_scores_say_little() -> None:
    low, high = some(auc_interval(clustered_auc(FRACTURE, np.ones(90))))
    assert low == pytest.approx(1 - high)
    assert low < 0.3


def test_too_few_patients_have_no_interval_and_no_p_value() -> None:
    generator = np.random.default_rng(0)
    for fewest in (LEAST_PATIENTS - 1, LEAST_PATIENTS):
        fracture = np.arange(40) < fewest
        first, second = (clustered_auc(fracture, generator.normal(size=40)) for _ in range(2))
        given = [auc_interval(first), difference_interval(first, second), difference_p(first, second)]
        assert [value is not None for value in given] == [fewest >= LEAST_PATIENTS] * 3
    many = np.repeat(np.arange(LEAST_PATIENTS - 1), 20)
    assert (
        auc_interval(clustered_auc(np.tile([True, False], many.size // 2), generator.normal(size=many.size), many))
        is None
    )


def test_golden_difference() -> None:
    """The formula of Zou and Donner by hand."""
    first, second = drawn(2.0, 0, common=0.5), drawn(1.0, 1, common=0.5)
    (l1, u1), (l2, u2) = some(auc_interval(first)), some(auc_interval(second))
    r = covariance(first, second) / (covariance(first, first) * covariance(second, second)) ** 0.5
    assert r > 0.2
    below = ((first.auc - l1) ** 2 + (u2 - second.auc) ** 2 - 2 * r * (first.auc - l1) * (u2 - second.auc)) ** 0.5
    above = ((u1 - first.auc) ** 2 + (second.auc - l2) ** 2 - 2 * r * (u1 - first.auc) * (second.auc - l2)) ** 0.5
    difference = first.auc - second.auc
    assert some(difference_interval(first, second)) == pytest.approx((difference - below, difference + above))


@pytest.mark.parametrize("seed", range(6))
def test_p_value_is_the_level_at_which_the_interval_ends_at_0(seed: int) -> None:
    first, second = drawn(1.5, seed, common=0.3), drawn(1.0, seed + 50, common=0.3)
    p = difference_p(first, second)
    assert p is not None
    assert min(abs(limit) for limit in some(difference_interval(first, second, 1 - p))) < 1e-6
    low, high = some(difference_interval(first, second))
    assert (p < 0.05) == (low > 0 or high < 0)
    assert difference_p(second, first) == pytest.approx(p, abs=1e-6)


def test_areas_that_are_equal_do_not_differ() -> None:
    area = drawn(1.0, 0)
    assert difference_p(area, area) == 1
    low, high = some(difference_interval(area, area))
    assert low == pytest.approx(-high)


def test_two_perfect_detectors_can_differ() -> None:
    """Neither has a variance, so nothing says that they agree on other patients."""
    perfect = clustered_auc(FRACTURE, FRACTURE * 1.0)
    low, high = some(difference_interval(perfect, perfect))
    assert (low, high) == pytest.approx((-(1 - 0.7412), 1 - 0.7412), abs=1e-3)


def test_a_clear_difference_has_a_small_p_value() -> None:
    scores = np.random.default_rng(5).normal(size=400)
    fracture = np.arange(400) < 200
    good, poor = clustered_auc(fracture, 5 * fracture + scores), clustered_auc(fracture, -scores)
    p = difference_p(good, poor)
    assert p is not None
    assert 0 < p < 1e-6


INTERVALS: list[Callable[[ClusteredAuc], tuple[float, float] | None]] = [
    auc_interval,
    lambda area: difference_interval(area, drawn(1.0, 7)),
]


@pytest.mark.parametrize("interval", INTERVALS)
def test_fewer_degrees_of_freedom_widen_the_interval(
    interval: Callable[[ClusteredAuc], tuple[float, float] | None],
) -> None:
    """The same contributions, but as of patients with several cases."""
    area = drawn(2.0, 3)
    assert np.ptp(some(interval(replace(area, clustered=True)))) >= np.ptp(some(interval(area)))
