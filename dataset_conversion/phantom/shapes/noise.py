"""Smooth random patterns over a whole grid, without an array of its size."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from dataset_conversion.phantom.shapes.grid import Array, Box, Grid


class SmoothNoise:
    """Gaussian noise of unit variance, smoothed with a kernel of sd `length` mm.

    It is drawn on nodes `length` mm apart and interpolated linearly where it is asked for.
    """

    def __init__(self, rng: np.random.Generator, grid: Grid, length: float) -> None:
        self._spacing, self._length = grid.spacing, length
        nodes = [int(size * step / length) + 2 for size, step in zip(grid.shape, grid.spacing, strict=True)]
        smooth = gaussian_filter(rng.standard_normal(nodes, dtype=np.float32), 1.0, truncate=3.0, mode="wrap")
        self._nodes: Array = np.asarray(smooth / smooth.std(), dtype=np.float32)

    def at(self, box: Box) -> Array:
        """The pattern at a box's voxels, an array (z, y, x)."""
        values = self._nodes
        for axis, (part, step) in enumerate(zip(box, self._spacing, strict=True)):
            places = np.arange(part.start, part.stop) * (step / self._length)
            below = places.astype(np.intp)
            share = (places - below).astype(np.float32).reshape([-1 if each == axis else 1 for each in range(3)])
            lower, upper = np.take(values, below, axis), np.take(values, below + 1, axis)
            upper -= lower
            upper *= share
            upper += lower
            values = upper
        return values


def correlated_noise(rng: np.random.Generator, grid: Grid, lengths: tuple[float, float, float]) -> Array:
    """Gaussian noise of unit variance on the whole grid, smoothed with a kernel of sds `lengths` (z, y, x) in mm."""
    noise = rng.standard_normal(grid.shape, dtype=np.float32)
    smooth = gaussian_filter(
        noise, [length / step for length, step in zip(lengths, grid.spacing, strict=True)], truncate=3.0, mode="wrap"
    )
    return np.asarray(smooth / smooth.std(), dtype=np.float32)
