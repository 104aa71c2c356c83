"""Vessels that branch from the hilum into the lung."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.thorax import ThoraxSettings
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import Rod, union_depth
from dataset_conversion.phantom.thorax.mediastinum import Mediastinum

_HILUM = ("T6", 42.0, 0.22, 0.0)
_LUNG = -500.0  # HU below which a voxel is lung
_FORKS = 2


def paint_lung_vessels(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    place: Mediastinum,
    density: float,
    settings: ThoraxSettings,
) -> None:
    """Paint a tree of vessels into each lung. What it has outside the lung is not painted."""
    level, left, front, up = _HILUM
    for side in (-1.0, 1.0):
        hilum = place.at((level, side * left, front, up))
        for rod in _tree(rng, hilum, side, settings):
            box, depth = union_depth(phantom.grid, [rod])
            if depth.size:
                blend(volume, box, coverage(depth, phantom.grid.edge) * (volume[box] < _LUNG), density)


def _tree(rng: np.random.Generator, hilum: Point, side: float, settings: ThoraxSettings) -> Iterator[Rod]:
    low, high = settings.lung_branches
    for _ in range(int(rng.integers(low, high + 1))):
        direction = rng.normal(size=3) + np.array([0.8 * side, 0.2, 0.0])
        length, radius = rng.uniform(*settings.lung_length), rng.uniform(*settings.lung_radius)
        yield from _branch(rng, hilum, direction, length, radius, settings.lung_forks, settings)


def _branch(
    rng: np.random.Generator,
    start: Point,
    direction: Point,
    length: float,
    radius: float,
    forks: int,
    settings: ThoraxSettings,
) -> Iterator[Rod]:
    direction = direction / np.linalg.norm(direction)
    end = start + length * direction
    yield Rod(start, end, radius)
    if forks:
        for _ in range(_FORKS):
            turned = direction + rng.normal(0, settings.lung_spread, size=3)
            thin = settings.lung_thinning
            yield from _branch(rng, end, turned, length * thin, radius * thin, forks - 1, settings)
