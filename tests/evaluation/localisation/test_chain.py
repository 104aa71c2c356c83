from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.geometry import FloatArray
from evaluation.localisation.chain import Link, best_chain
from evaluation.localisation.peaks import Peaks
from evaluation.localisation.settings import LocalisationSettings

SETTINGS = LocalisationSettings()


def peaks_at(position: FloatArray, height: float | FloatArray = 0.5) -> Peaks:
    """Peaks from the top down."""
    order = np.argsort(-position[:, 2], kind="stable")
    return Peaks(position[order], np.broadcast_to(height, len(position))[order])


def column(count: int, spacing: float) -> FloatArray:
    return np.array([[0.0, 0.0, -spacing * number] for number in range(count)])


def score_of(peaks: Peaks, chain: list[Link]) -> float:
    """The score of a chain by its definition; minus infinity beyond the limits."""
    steps = []
    for upper, lower in pairwise(chain):
        offset = peaks.position[lower.peak] - peaks.position[upper.peak]
        length = float(np.linalg.norm(offset))
        spacing = length / (upper.missed + 1)
        tilt = np.degrees(np.arccos(-offset[2] / length))
        if not SETTINGS.least_spacing <= spacing <= SETTINGS.most_spacing or tilt > SETTINGS.most_tilt:
            return -np.inf
        steps.append((np.arctan2(offset[1], -offset[2]), np.arcsin(offset[0] / length), np.log(spacing)))
    total = float(np.log(peaks.height[[link.peak for link in chain]] / SETTINGS.even_height).sum())
    total -= SETTINGS.missed_cost * sum(link.missed for link in chain)
    for above, below in pairwise(steps):
        sagittal, lateral, change = np.subtract(below, above)
        cost = ((np.degrees(sagittal) - SETTINGS.sagittal_bend) / SETTINGS.sagittal_deviation) ** 2 / 2
        cost += (np.degrees(lateral) / SETTINGS.lateral_deviation) ** 2 / 2
        cost += (change / SETTINGS.spacing_deviation) ** 2 / 2
        total -= min(cost, SETTINGS.most_joint_cost)
    return total


def all_chains(peaks: Peaks) -> list[list[Link]]:
    """Every chain, also the impossible ones."""
    chains = []
    for size in range(1, len(peaks.height) + 1):
        for chosen in combinations(range(len(peaks.height)), size):
            for missed in product(range(SETTINGS.most_missed + 1), repeat=size - 1):
                chains.append([Link(peak, gap) for peak, gap in zip(chosen, (*missed, 0), strict=True)])
    return chains


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 6))
def test_no_other_chain_has_a_higher_score(seed: int, count: int) -> None:
    generator = np.random.default_rng(seed)
    position = generator.uniform([-15, -15, -110], [15, 15, 0], (count, 3))
    peaks = peaks_at(position, generator.uniform(0.02, 0.9, count))
    found = best_chain(peaks, SETTINGS)
    highest = max(score_of(peaks, chain) for chain in all_chains(peaks))
    if highest < SETTINGS.least_score:
        assert found == []
    else:
        assert score_of(peaks, found) == pytest.approx(highest)


def test_peaks_beside_the_spine_are_left_out() -> None:
    spine = column(6, 30.0)
    beside = np.array([[60.0, 5.0, -20.0], [-70.0, 10.0, -75.0], [5.0, 45.0, -100.0]])
    peaks = peaks_at(np.concatenate([spine, beside]))
    chain = best_chain(peaks, SETTINGS)
    np.testing.assert_array_equal(peaks.position[[link.peak for link in chain]], spine)
    assert not any(link.missed for link in chain)


def spine_with_a_bend(degrees: float, axis: int) -> FloatArray:
    """A straight column whose last step turns by an angle, to the back (axis 1) or to the left (axis 0)."""
    spine = column(5, 32.0)
    turned = np.zeros(3)
    turned[axis], turned[2] = np.sin(np.radians(degrees)), -np.cos(np.radians(degrees))
    return np.concatenate([spine, spine[-1:] + 30.0 * turned])


@pytest.mark.parametrize("height", [0.57, 0.8])
def test_a_lowest_vertebra_behind_a_strong_lordosis_is_kept(height: float) -> None:
    """At the last vertebra but one, sagittal bends of VID reach about 40 degrees."""
    peaks = peaks_at(spine_with_a_bend(40.0, axis=1), height)
    assert [link.peak for link in best_chain(peaks, SETTINGS)] == list(range(6))


@pytest.mark.parametrize(("degrees", "axis"), [(40.0, 0), (-40.0, 0), (-40.0, 1)])
def test_a_peak_that_only_another_bend_reaches_is_refused(degrees: float, axis: int) -> None:
    """Beside the spine, as on a rib or the pelvis, and before it."""
    peaks = peaks_at(spine_with_a_bend(degrees, axis), 0.57)
    assert [link.peak for link in best_chain(peaks, SETTINGS)] == list(range(5))


def test_a_faint_peak_behind_the_spine_is_refused() -> None:
    heights = np.array([0.8] * 5 + [0.08])
    peaks = peaks_at(spine_with_a_bend(40.0, axis=1), heights)
    assert [link.peak for link in best_chain(peaks, SETTINGS)] == list(range(5))


def test_a_peak_on_a_disc_is_left_out() -> None:
    peaks = peaks_at(np.concatenate([column(6, 32.0), [[0.0, 2.0, -48.0]]]))
    chain = best_chain(peaks, SETTINGS)
    assert [float(peaks.position[link.peak, 2]) for link in chain] == [0, -32, -64, -96, -128, -160]


@pytest.mark.parametrize("lost", [[2], [3, 4], [2, 5]])
def test_missing_peaks_between_others_are_counted(lost: list[int]) -> None:
    peaks = peaks_at(np.delete(column(8, 28.0), lost, axis=0))
    chain = best_chain(peaks, SETTINGS)
    assert [link.peak for link in chain] == list(range(8 - len(lost)))
    assert sum(link.missed for link in chain) == len(lost)


def test_a_lone_peak_beyond_a_gap_is_not_joined() -> None:
    peaks = peaks_at(np.delete(column(6, 28.0), 1, axis=0))
    assert best_chain(peaks, SETTINGS)[0] == Link(1, 0)


def test_peaks_on_some_discs_do_not_halve_the_spacing() -> None:
    """The heights that a network gave a whole-body phantom: it saw three of the five discs."""
    spine = np.array(
        [[262, 302, 15], [261, 298, -20], [260, 291, -53], [258, 285, -86], [250, 283, -121], [250, 282, -156]]
    )
    discs = np.array([[263, 299, -3], [264, 289, -36], [252, 280, -103]])
    heights = np.array([0.84, 0.76, 0.91, 0.9, 0.9, 0.91, 0.69, 0.71, 0.67])
    peaks = peaks_at(np.concatenate([spine, discs]).astype(float), heights)
    chain = best_chain(peaks, SETTINGS)
    np.testing.assert_array_equal(peaks.position[[link.peak for link in chain]], spine)


def test_a_spine_with_a_gap_too_wide_to_bridge_keeps_its_better_part() -> None:
    lower = column(5, 30.0) - [0.0, 0.0, 300.0]
    peaks = peaks_at(np.concatenate([column(3, 30.0), lower]))
    chain = best_chain(peaks, SETTINGS)
    np.testing.assert_array_equal(peaks.position[[link.peak for link in chain]], lower)


def test_no_peak_gives_no_chain() -> None:
    assert best_chain(peaks_at(np.empty((0, 3))), SETTINGS) == []


def test_the_highest_peak_alone_is_a_chain() -> None:
    peaks = peaks_at(np.array([[0.0, 0.0, 0.0], [200.0, 0.0, -5.0]]), np.array([0.4, 0.7]))
    assert best_chain(peaks, SETTINGS) == [Link(1, 0)]


def test_peaks_too_low_for_a_vertebra_are_no_chain() -> None:
    assert best_chain(peaks_at(column(1, 30.0), 0.21), SETTINGS) == []
    assert len(best_chain(peaks_at(column(1, 30.0), 0.23), SETTINGS)) == 1
    assert len(best_chain(peaks_at(column(2, 30.0), 0.12), SETTINGS)) == 2


def test_many_peaks_take_a_moment_only() -> None:
    generator = np.random.default_rng(0)
    peaks = peaks_at(generator.uniform([-100, -100, -500], [100, 100, 0], (SETTINGS.most_peaks, 3)))
    assert len(best_chain(peaks, SETTINGS)) >= 2
