"""What a cohort is made of: which levels each case shows and which of them are fractured, how badly.

A cohort is a sequence of blocks that hold exactly the same numbers of everything. Inside a block each kind is spread
evenly, so that any first part of a cohort has nearly the block's proportions. A case's composition depends on the seed
and its own number only: a cohort that grows keeps the cases it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS

ALL_LEVELS = tuple(level for level in LEVELS if level not in SUPERNUMERARY_LEVELS)
"""The levels that phantoms have."""

Runs = tuple[int, ...]
"""Lengths of a case's runs of contiguous fractures; empty without a fracture."""

_BLOCK, _CASE = 1, 2  # what a random stream is for, beside the case's own (0)


@dataclass(frozen=True)
class CompositionSettings:
    """The quotas of a block of cases.

    Attributes:
        runs: how many cases have which runs of contiguous fractures.
        fields: how many cases show which levels, the highest and the lowest.
        grades: how many fractures have Genant grade 1, 2 and 3.
        level_odds: relative odds of a fracture by level; a level that is not named is never fractured.
    """

    runs: tuple[tuple[Runs, int], ...]
    fields: tuple[tuple[str, str, int], ...]
    grades: tuple[int, int, int]
    level_odds: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        shown, fractures = sum(count for *_, count in self.fields), sum(sum(runs) * count for runs, count in self.runs)
        if (shown, sum(self.grades)) != (self.cases, fractures):
            raise ValueError(
                f"composition: {self.cases} cases with {fractures} fractures, "
                f"found {shown} fields and {sum(self.grades)} grades"
            )

    @property
    def cases(self) -> int:
        """Cases in a block."""
        return sum(count for _, count in self.runs)


@dataclass(frozen=True)
class Composition:
    """What one case shows: its levels from the top down, and the Genant grade of those that are fractured."""

    levels: tuple[str, ...]
    grades: Mapping[str, int]


def compose(seed: int, case: int, settings: CompositionSettings) -> Composition:
    """The composition of one case of a cohort."""
    block, place = divmod(case, settings.cases)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block, _BLOCK)))
    runs = [settings.runs[kind][0] for kind in spread(rng, [count for _, count in settings.runs])]
    fields = spread(rng, [count for *_, count in settings.fields])
    grades = spread(rng, settings.grades)
    first, last, _ = settings.fields[fields[place]]
    levels = levels_between(first, last)
    own = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(case, _CASE)))
    fractured = place_runs(own, runs[place], levels, dict(settings.level_odds))
    before = sum(map(sum, runs[:place]))
    return Composition(levels, {level: grades[before + number] + 1 for number, level in enumerate(fractured)})


def spread(rng: np.random.Generator, quotas: Sequence[int]) -> list[int]:
    """The kinds 0, 1, ... in an order that holds each as often as its quota, spread evenly from a random start."""
    places = [(np.arange(quota) + rng.random()) / max(quota, 1) for quota in quotas]
    kinds = np.repeat(np.arange(len(quotas)), quotas)
    return [int(kind) for kind in kinds[np.argsort(np.concatenate(places), kind="stable")]]


def levels_between(first: str, last: str) -> tuple[str, ...]:
    """The levels from one to another, both included, from the top down."""
    return ALL_LEVELS[ALL_LEVELS.index(first) : ALL_LEVELS.index(last) + 1]


def place_runs(
    rng: np.random.Generator, runs: Runs, levels: Sequence[str], odds: Mapping[str, float]
) -> tuple[str, ...]:
    """Draw which levels are fractured, from the top down, given the lengths of their runs.

    Each way to place the runs, with a normal level between them at least, has the product of its levels' odds: as if
    each level broke by itself and only patients with these runs were looked at.

    Raises:
        ValueError: the runs do not fit.
    """
    risks = [odds.get(level, 0.0) for level in levels]
    ways, weights = [], []
    for starts in product(*(range(len(levels) - length + 1) for length in runs)):
        spans = sorted(zip(starts, runs, strict=True))
        if all(start + length < following for (start, length), (following, _) in pairwise(spans)):
            ways.append([index for start, length in spans for index in range(start, start + length)])
            weights.append(np.prod([risks[index] for index in ways[-1]]))
    if not np.any(weights):
        raise ValueError(f"composition: runs of {runs} fractures do not fit into {', '.join(levels)}")
    way = ways[rng.choice(len(ways), p=np.array(weights) / np.sum(weights))]
    return tuple(levels[index] for index in way)
