"""Which vertebrae of a patient are fractured, how badly and in which shape.

Genant's bands (Wang 2019, QIMS 9:305): grade 1 loses 20 to 25 % of its height, grade 2 25 to 40 %, grade 3 more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.settings import FractureSettings


@dataclass(frozen=True)
class Fracture:
    """A fracture: Genant grade 1 to 3, shape (wedge, biconcave or crush) and the share of height lost."""

    grade: int
    shape: str
    loss: float


def is_negative(seed: int, case: int, settings: FractureSettings) -> bool:
    """Whether a patient has no fracture: one in each block of `negative_block` cases, at a place drawn per block.

    Fixed by block, not drawn by patient, so that a small cohort has its negatives too.
    """
    block, position = divmod(case, settings.negative_block)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block, 1)))
    return position == int(rng.integers(settings.negative_block))


def draw_fractures(
    rng: np.random.Generator, levels: Sequence[str], first: int, settings: FractureSettings
) -> dict[str, Fracture]:
    """The fractures of a positive patient, by level.

    One fracture is certain, among the `certain_levels` vertebrae from `first`; fractures cluster around it.

    Args:
        levels: all levels laid out, from the top down.
        first: index of the highest level whose centroid is in the field.
    """
    candidates = range(first, min(first + settings.certain_levels, len(levels)))
    weights = np.array([settings.level_weight.get(levels[index], 1.0) for index in candidates])
    certain = int(rng.choice(candidates, p=weights / weights.sum()))
    fractures = {}
    for index, level in enumerate(levels):
        near = abs(index - certain) == 1
        chance = settings.neighbour_chance if near else settings.elsewhere_chance
        if index == certain or rng.random() < chance:
            fractures[level] = _draw_fracture(rng, settings)
    return fractures


def _draw_fracture(rng: np.random.Generator, settings: FractureSettings) -> Fracture:
    grade = int(rng.choice([1, 2, 3], p=settings.grade_chance))
    shape = str(rng.choice(list(settings.shape_chance), p=list(settings.shape_chance.values())))
    low, high = settings.loss[grade - 1]
    loss = float(rng.uniform(low + settings.band_margin, high - settings.band_margin))
    return Fracture(grade=grade, shape=shape, loss=loss)
