"""Bright and dark rays around a dense point: the artefact of metal and of undiluted contrast medium."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Grid

_SLAB = 4.0  # standard deviation in mm along z of the artefact
_FAR = 3.5  # reaches or slabs at which the artefact ends
_WAVES = 3


def add_rays(
    volume: Array,
    rng: np.random.Generator,
    grid: Grid,
    centre: Point,
    strength: float,
    reach: float,
    rays: tuple[int, int],
    dark_share: tuple[float, float],
) -> None:
    """Add bright and dark rays around a point, in place.

    Args:
        volume: Densities of all voxels in HU.
        rng: Source of random numbers.
        grid: The voxels.
        centre: The point (x, y, z) in mm.
        strength: Amplitude at the point in HU.
        reach: Distance in mm over which it falls to a third.
        rays: Numbers of rays.
        dark_share: How much darker than bright the rays are on average.
    """
    far = np.array([_FAR * reach, _FAR * reach, _FAR * _SLAB])
    box = grid.box(centre - far, centre + far)
    x, y, z = (axis - np.float32(middle) for axis, middle in zip(grid.points(box), centre, strict=True))
    low, high = rays
    angle, waves = np.arctan2(y, x), np.zeros((1, y.size, x.size), dtype=np.float32)
    for number in rng.integers(low, high + 1, size=_WAVES):
        waves += np.cos(np.float32(number) * angle + np.float32(rng.uniform(0, 2 * np.pi))) / _WAVES
    fall = np.exp(-np.hypot(x, y) / np.float32(reach)) * np.exp(-((z / np.float32(_SLAB)) ** 2) / 2)
    part = volume[box]
    part += np.float32(strength) * (2 * waves - np.float32(rng.uniform(*dark_share))) * fall
