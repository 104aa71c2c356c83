"""Smooth Gaussian noise on a grid."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from dataset_conversion.phantom.shapes.grid import Array, Box, Grid


class SmoothNoise:
    """Gaussian noise, smoothed with a Gaussian kernel.

    It is drawn on nodes that are `length` mm apart and interpolated linearly, which needs no array of the size of the
    grid. It has unit variance on the nodes.
    """

    def __init__(self, rng: np.random.Generator, grid: Grid, length: float) -> None:
        """Draw the noise.

        Args:
            rng: Source of random numbers.
            grid: The grid that it covers.
            length: Standard deviation of the kernel in mm.
        """
        self._spacing, self._length = grid.spacing, length
        nodes = [int(size * step / length) + 2 for size, step in zip(grid.shape, grid.spacing, strict=True)]
        smooth = gaussian_filter(rng.standard_normal(nodes, dtype=np.float32), 1.0, truncate=3.0, mode="wrap")
        self._nodes: Array = np.asarray(smooth / smooth.std(), dtype=np.float32)

    def at(self, box: Box) -> Array:
        """The noise at the voxels of a box, an array (nz, ny, nx)."""
        values = self._nodes
        for axis, (part, step) in enumerate(zip(box, self._spacing, strict=True)):
            places = np.arange(part.start, part.stop) * (step / self._length)
            below = places.astype(np.intp)
            share = (places - below).astype(np.float32).reshape([-1 if other == axis else 1 for other in range(3)])
            lower, upper = np.take(values, below, axis), np.take(values, below + 1, axis)
            upper -= lower
            upper *= share
            upper += lower
            values = upper
        return values


def correlated_noise(rng: np.random.Generator, grid: Grid, lengths: tuple[float, float, float]) -> Array:
    """Gaussian noise of unit variance, smoothed with a kernel of standard deviations `lengths` (z, y, x) in mm."""
    noise = rng.standard_normal(grid.shape, dtype=np.float32)
    smooth = gaussian_filter(
        noise, [length / step for length, step in zip(lengths, grid.spacing, strict=True)], truncate=3.0, mode="wrap"
    )
    return np.asarray(smooth / smooth.std(), dtype=np.float32)
