"""Noise that changes from slice to slice, streaks, and padding outside the scanner's circle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from dataset_conversion.phantom.shapes.grid import Array, Grid

_SLICE_LENGTH = 40.0  # mm along the spine over which noise and streaks change
_STREAK_LENGTH = 70.0  # mm between the nodes of a streak across the slice
_STREAK_WIDTH = 1.2  # standard deviation of a streak's width in mm


def noise_by_slice(rng: np.random.Generator, grid: Grid, variation: float) -> Array | None:
    """Noise of each slice relative to the mean, log-normal with the sd `variation`; None if that is 0."""
    if not variation:
        return None
    return np.asarray(np.exp(variation * _smooth_along_z(rng, grid)), dtype=np.float32)


def _smooth_along_z(rng: np.random.Generator, grid: Grid) -> Array:
    """Noise of unit variance that changes slowly from slice to slice."""
    nodes = rng.standard_normal(int(grid.shape[0] * grid.spacing[0] / _SLICE_LENGTH) + 2)
    places = np.arange(grid.shape[0]) * grid.spacing[0] / _SLICE_LENGTH
    return np.asarray(np.interp(places, np.arange(nodes.size), nodes), dtype=np.float32)


def add_streaks(rng: np.random.Generator, volume: Array, grid: Grid, sd: float) -> None:
    """Add horizontal streaks of photon starvation, in place: none in some slices, of up to `sd` HU in others."""
    strength = np.clip(_smooth_along_z(rng, grid), 0, 1) * np.float32(sd)
    nodes = max(int(grid.shape[2] * grid.spacing[2] / _STREAK_LENGTH), 1) + 1
    places = np.linspace(0, nodes - 1, grid.shape[2])
    across = np.maximum(1 - np.abs(places[None, :] - np.arange(nodes)[:, None]), 0).astype(np.float32)
    for box in grid.slabs():
        shape = (box[0].stop - box[0].start, grid.shape[1], nodes)
        lines = gaussian_filter1d(
            rng.standard_normal(shape, dtype=np.float32), _STREAK_WIDTH / grid.spacing[1], axis=1, mode="wrap"
        )
        lines *= strength[box[0], None, None] / max(float(lines.std()), 1e-6)
        part = volume[box]
        part += lines @ across


def pad_outside_circle(stored: npt.NDArray[np.int16], grid: Grid, value: float) -> None:
    """Set what lies outside the circle inside each slice to `value`, in place."""
    _, rows, columns = grid.shape
    y, x = np.arange(rows)[:, None] - (rows - 1) / 2, np.arange(columns)[None, :] - (columns - 1) / 2
    distance = np.hypot(y * grid.spacing[1], x * grid.spacing[2])
    stored[:, distance > min(rows * grid.spacing[1], columns * grid.spacing[2]) / 2] = round(value)
