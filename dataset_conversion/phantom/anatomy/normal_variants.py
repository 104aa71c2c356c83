"""Normal bodies that are wedged, short or irregular."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dataset_conversion.phantom.settings.levels import levels_between, value_at
from dataset_conversion.phantom.settings.normal_variants import NormalVariants
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape, Node
from dataset_conversion.spine.heights import Heights


def vary_normals(
    rng: np.random.Generator, levels: Sequence[str], normals: Sequence[BodyShape], settings: NormalVariants | None
) -> list[BodyShape]:
    """Normal bodies with heights and endplates of their own. Those of the sacrum stay, and all do without settings.

    Args:
        rng: Source of random numbers.
        levels: Their levels from the head down.
        normals: Their shapes.
        settings: What varies.
    """
    if settings is None:
        return list(normals)
    deviation, size = settings.anterior_deviation.draw(rng), settings.size.draw(rng)
    irregular = _irregular_levels(rng, settings)
    short = _short(rng, len(levels), settings)
    varied = []
    for level, normal, shortening in zip(levels, normals, short, strict=True):
        if level.startswith("S"):
            varied.append(normal)
            continue
        lost = rng.uniform(*settings.irregular_wedge) if level in irregular else 0.0
        mean = value_at(settings.anterior, level) + deviation - lost
        heights = _heights(rng, normal.heights.posterior * size * shortening, mean, settings)
        pits = (*_pits(rng, normal, level in irregular, settings), *_limbus(rng, normal, settings))
        varied.append(replace(normal, heights=heights, pits=pits))
    return varied


def _irregular_levels(rng: np.random.Generator, settings: NormalVariants) -> frozenset[str]:
    if rng.random() >= settings.irregular_chance:
        return frozenset()
    share = rng.uniform(*settings.irregular_share)
    return frozenset(level for level in levels_between(*settings.irregular_levels) if rng.random() < share)


def _short(rng: np.random.Generator, count: int, settings: NormalVariants) -> list[float]:
    """The heights of each body relative to those of the others."""
    sizes = [1.0] * count
    for first in range(count):
        if rng.random() >= settings.short_chance:
            continue
        low, high = settings.short_run
        for place in range(first, min(first + int(rng.integers(low, high + 1)), count)):
            sizes[place] = rng.uniform(*settings.short)
    return sizes


def _heights(rng: np.random.Generator, posterior: float, mean: float, settings: NormalVariants) -> Heights:
    """Heights that lose less than a fifth of the posterior height."""
    ratio = float(np.clip(mean + settings.anterior_variation.draw(rng), settings.least, settings.most))
    middle = settings.middle.draw(rng) * min(1.0, (1 + ratio) / 2)
    return Heights(ratio * posterior, max(middle, settings.least) * posterior, posterior)


def _pits(rng: np.random.Generator, shape: BodyShape, irregular: bool, settings: NormalVariants) -> Iterator[Node]:
    if not irregular and rng.random() >= settings.uneven_chance:
        return
    low, high = settings.irregular_pits if irregular else settings.uneven_pits
    depth = settings.pit_depth if irregular else settings.uneven_depth
    for _ in range(int(rng.integers(low, high + 1))):
        u, v = rng.uniform(-settings.pit_place, settings.pit_place, size=2) * (shape.half_width, shape.half_depth)
        yield Node(
            float(u), float(v), rng.uniform(*settings.pit_radius), rng.uniform(*depth), upper=bool(rng.random() < 0.5)
        )


def _limbus(rng: np.random.Generator, shape: BodyShape, settings: NormalVariants) -> Iterator[Node]:
    if rng.random() >= settings.limbus_chance:
        return
    radius = rng.uniform(*settings.limbus_radius) * shape.half_depth
    side = rng.uniform(*settings.limbus_place) * shape.half_width
    yield Node(
        side, -0.9 * shape.half_depth, radius, rng.uniform(*settings.limbus_depth), upper=bool(rng.random() < 0.8)
    )
