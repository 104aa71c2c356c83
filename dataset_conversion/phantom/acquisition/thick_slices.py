"""Slices thicker than the structures that they cut: each is the mean of several thinner ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.settings.acquisition import Scanner
from dataset_conversion.phantom.shapes.grid import Array, Grid


def rendered_per_slice(grid: Grid, scanner: Scanner) -> int:
    """Number of thinner slices to render for each slice."""
    if scanner.rendered_slice is None:
        return 1
    return int(np.ceil(grid.spacing[0] / scanner.rendered_slice - 1e-6))


def rendering_grid(grid: Grid, count: int) -> tuple[Grid, float]:
    """The grid of `count` thinner slices per slice, and the z of its first voxel in field coordinates in mm."""
    if count == 1:
        return grid, 0.0
    (slices, rows, columns), (step, *in_plane) = grid.shape, grid.spacing
    fine = step / count
    return Grid((slices * count, rows, columns), (fine, in_plane[0], in_plane[1])), -(count - 1) / 2 * fine


def average_slices(volume: Array, count: int) -> Array:
    """The mean of each `count` slices."""
    if count == 1:
        return volume
    slices, rows, columns = volume.shape
    return np.asarray(volume.reshape(slices // count, count, rows, columns).mean(axis=1), dtype=np.float32)


def middle_slices(mask: npt.NDArray[np.uint8], count: int) -> npt.NDArray[np.uint8]:
    """The middle one of each `count` slices; of an even number, the lower one of the two in the middle."""
    return np.ascontiguousarray(mask[(count - 1) // 2 :: count])
