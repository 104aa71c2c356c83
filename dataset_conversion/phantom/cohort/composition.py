"""Composition of the cases: which levels each shows, and which of them are fractured, how badly.

A cohort is a sequence of blocks that hold exactly the same numbers of everything. Inside a block, each kind of case is
spread evenly, so that the beginning of a cohort has nearly the proportions of a block. The composition of a case
depends on the seed and its own number only: a cohort that grows keeps the cases it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product

import numpy as np

from dataset_conversion.phantom.anatomy.spine import Composition
from dataset_conversion.phantom.settings.cohort import CompositionSettings, Runs
from dataset_conversion.phantom.settings.levels import levels_between
from dataset_conversion.spine.errors import InputError

_BLOCK, _CASE = 1, 2  # spawn keys of the random streams of a block and of a case; 0 is `plan_case`


def compose(seed: int, case: int, settings: CompositionSettings) -> Composition:
    """Draw the composition of one case of a cohort.

    Raises:
        InputError: If the runs of the case do not fit into its levels.
    """
    block, place = divmod(case, settings.cases)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block, _BLOCK)))
    runs = [settings.runs[kind][0] for kind in spread(rng, [cases for _, cases in settings.runs])]
    fields = spread(rng, [cases for *_, cases in settings.fields])
    grades = spread(rng, settings.grades)
    first, last, _ = settings.fields[fields[place]]
    levels = levels_between(first, last)
    own = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(case, _CASE)))
    fractured = place_runs(own, runs[place], levels, dict(settings.level_odds))
    before = sum(map(sum, runs[:place]))
    return Composition(levels, {level: grades[before + number] + 1 for number, level in enumerate(fractured)})


def spread(rng: np.random.Generator, quotas: Sequence[int]) -> list[int]:
    """Order the kinds 0, 1, ... so that each occurs as often as its quota, spread evenly from a random start."""
    places = [(np.arange(quota) + rng.random()) / max(quota, 1) for quota in quotas]
    kinds = np.repeat(np.arange(len(quotas)), quotas)
    return [int(kind) for kind in kinds[np.argsort(np.concatenate(places), kind="stable")]]


def place_runs(
    rng: np.random.Generator, runs: Runs, levels: Sequence[str], odds: Mapping[str, float]
) -> tuple[str, ...]:
    """Draw which levels are fractured, from the head down, given the lengths of their runs.

    The probability of a placement is proportional to the product of the odds of its levels, as if each level fractured
    independently and only patients with these runs were selected.

    Raises:
        InputError: If the runs do not fit into the levels with a normal level between them.
    """
    risks = [odds.get(level, 0.0) for level in levels]
    placements = list(_placements(runs, len(levels)))
    weights = np.array([np.prod([risks[index] for index in placement]) for placement in placements])
    if not np.any(weights):
        raise InputError(
            f"composition: runs of {runs} fractures do not fit into {', '.join(levels)}; "
            "expected shorter runs or wider fields"
        )
    chosen = placements[rng.choice(len(placements), p=weights / np.sum(weights))]
    return tuple(levels[index] for index in chosen)


def _placements(runs: Runs, size: int) -> Iterator[list[int]]:
    """Yield the indices of the fractured levels for each way to place runs, apart from each other, on `size` levels."""
    for starts in product(*(range(size - length + 1) for length in runs)):
        spans = sorted(zip(starts, runs, strict=True))
        if all(start + length < following for (start, length), (following, _) in pairwise(spans)):
            yield [index for start, length in spans for index in range(start, start + length)]
