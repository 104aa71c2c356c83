"""Quotas: exact in every block, and nearly so in every beginning of a cohort."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.phantom.cohort.composition import compose, place_runs, spread
from dataset_conversion.phantom.cohort.paper import LEVEL_ODDS, PAPER
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.phantom.settings.levels import PHANTOM_LEVELS, levels_between

SEEDS = st.integers(0, 10_000)
LUMBAR = ("T12", "L1", "L2", "L3", "L4", "L5")


def lengths(fractured: tuple[str, ...]) -> list[int]:
    """Lengths of the runs of contiguous levels."""
    places = [PHANTOM_LEVELS.index(level) for level in fractured]
    cuts = [number for number, (upper, lower) in enumerate(pairwise(places), start=1) if lower > upper + 1]
    return [len(run) for run in np.split(np.array(places), cuts) if len(run)]


@given(SEEDS, st.lists(st.integers(0, 12), min_size=1, max_size=5))
def test_a_spread_holds_every_quota(seed: int, quotas: list[int]) -> None:
    kinds = spread(np.random.default_rng(seed), quotas)
    assert np.bincount(kinds, minlength=len(quotas)).tolist() == quotas


@given(SEEDS)
def test_every_beginning_of_a_spread_has_nearly_the_shares_of_the_whole(seed: int) -> None:
    quotas = np.array([11, 24, 37, 18])
    kinds = np.array(spread(np.random.default_rng(seed), quotas.tolist()))
    for size in range(1, 91):
        counts = np.bincount(kinds[:size], minlength=4)
        assert np.abs(counts - size * quotas / 90).max() < 2.5


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.integers(0, 2))
def test_every_block_holds_the_papers_numbers_exactly(seed: int, block: int) -> None:
    cases = [compose(seed, block * PAPER.cases + place, PAPER) for place in range(PAPER.cases)]
    grades = [grade for case in cases for grade in case.grades.values()]
    shown = [level for case in cases for level in case.levels]
    runs = [lengths(tuple(case.grades)) for case in cases]
    assert len(shown) == 969
    assert np.bincount(grades).tolist() == [0, 85, 64, 35]
    assert sum(not case for case in runs) == 11
    assert np.mean([level in levels_between("T11", "S2") for level in shown]) > 0.75
    assert round(np.mean([max(case, default=0) > 2 for case in runs]), 2) == 0.18
    assert sum(length for case in runs for length in case if length > 1) / 184 > 0.7


@given(SEEDS)
def test_a_small_cohort_has_negatives_too(seed: int) -> None:
    negative = np.array([not compose(seed, case, SPINE.composition).grades for case in range(40)])
    assert negative[:20].sum() == negative[20:].sum() == 5
    assert 1 <= negative[:10].sum() <= 4


def test_a_composition_depends_on_seed_and_number_only() -> None:
    once = [compose(4, case, PAPER) for case in (3, 100)]
    assert [compose(4, case, PAPER) for case in (3, 100)] == once
    assert [compose(5, case, PAPER) for case in (3, 100)] != once


@given(SEEDS, st.sampled_from([(), (1,), (1, 1), (2, 1), (2, 2), (2, 1, 1), (5,), (6,)]))
def test_runs_keep_their_lengths_and_their_distance(seed: int, runs: tuple[int, ...]) -> None:
    fractured = place_runs(np.random.default_rng(seed), runs, LUMBAR, dict(LEVEL_ODDS))
    assert sorted(lengths(fractured)) == sorted(runs)
    assert set(fractured) <= set(LUMBAR)


def test_levels_fracture_by_their_odds() -> None:
    rng = np.random.default_rng(0)
    drawn = [
        place_runs(rng, (1,), ("T11", "T12", "L1", "S1"), {"T11": 1.0, "T12": 2.0, "L1": 5.0})[0] for _ in range(800)
    ]
    shares = [drawn.count(level) / 800 for level in ("T11", "T12", "L1", "S1")]
    np.testing.assert_allclose(shares, [1 / 8, 2 / 8, 5 / 8, 0], atol=0.05)


def test_fractures_cluster_at_the_thoracolumbar_junction() -> None:
    odds = dict(LEVEL_ODDS)
    assert max(odds, key=lambda level: odds[level]) == "L1"
    assert min(odds["T7"], odds["T8"]) > max(odds["T5"], odds["T10"])


def test_runs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"runs of \(2, 2, 1\) fractures do not fit into T12, L1"):
        place_runs(np.random.default_rng(0), (2, 2, 1), LUMBAR, dict(LEVEL_ODDS))
