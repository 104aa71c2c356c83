"""The scan: noise, blur, and rounding to stored values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from dataset_conversion.phantom.acquisition.artefacts import add_streaks, noise_by_slice, pad_outside_circle
from dataset_conversion.phantom.settings.acquisition import Scanner
from dataset_conversion.phantom.shapes.grid import Array, Grid

STORED_RANGE = (-1024, 3071)
"""Range of the twelve bits that scanners store (HU)."""

_TRUNCATE = 3.0  # standard deviations at which the kernel ends
_AIR = -500.0  # HU below which a voxel has the noise of air


def acquire(rng: np.random.Generator, volume: Array, grid: Grid, scanner: Scanner) -> npt.NDArray[np.int16]:
    """Scan a volume.

    White noise is added and filtered by the same kernel as the patient, so that it is correlated as in a real scan.

    Args:
        rng: Source of random numbers.
        volume: True densities (z, y, x) in HU. It is overwritten with the scan before rounding.
        grid: The voxels.
        scanner: The protocol.

    Returns:
        The scan in HU.
    """
    in_plane, through = rng.uniform(*scanner.in_plane_blur), rng.uniform(*scanner.slice_blur)
    sizes = [blur / step for blur, step in zip((through, in_plane, in_plane), grid.spacing, strict=True)]
    white = rng.uniform(*scanner.noise_sd) / float(np.prod([_remaining_noise(size) for size in sizes]))
    overshoot = rng.uniform(*scanner.overshoot) if scanner.overshoot[1] > 0 else 0.0
    width = scanner.overshoot_width / grid.spacing[1]
    _add_noise(rng, volume, grid, scanner, white / _noise_gain(sizes[1], width, overshoot))
    # This works in place, as the filter reads a whole line before it writes it.
    gaussian_filter(volume, sizes, output=volume, truncate=_TRUNCATE, mode="nearest")
    if overshoot:
        _sharpen(volume, grid, width, overshoot)
    if scanner.streaks[1] > 0:
        add_streaks(rng, volume, grid, rng.uniform(*scanner.streaks))
    stored = np.empty(volume.shape, dtype=np.int16)
    for box in grid.slabs():
        stored[box] = np.clip(np.rint(volume[box]), *STORED_RANGE)
    if scanner.padding and rng.random() < scanner.padding_chance:
        pad_outside_circle(stored, grid, float(rng.choice(scanner.padding)))
    return stored


def _add_noise(rng: np.random.Generator, volume: Array, grid: Grid, scanner: Scanner, sd: float) -> None:
    """Add white noise, in place: as much in each slice, or as `scanner` varies it."""
    by_slice = noise_by_slice(rng, grid, scanner.noise_variation)
    for box in grid.slabs():
        part = volume[box]
        noise = np.float32(sd) * rng.standard_normal(part.shape, dtype=np.float32)
        if by_slice is not None:
            noise *= by_slice[box[0], None, None]
        if scanner.noise_in_air < 1:
            noise *= np.where(part < _AIR, np.float32(scanner.noise_in_air), np.float32(1))
        part += noise


def _sharpen(volume: Array, grid: Grid, width: float, overshoot: float) -> None:
    """Exaggerate edges inside slices, in place: add a share of what a blur by `width` voxels takes away."""
    for box in grid.slabs():
        part = volume[box]
        part += np.float32(overshoot) * (part - _blurred_in_plane(part, width))


def _blurred_in_plane(part: Array, width: float) -> Array:
    return np.asarray(gaussian_filter(part, (0, width, width), truncate=_TRUNCATE, mode="nearest"), dtype=np.float32)


def _remaining_noise(size: float) -> float:
    """Standard deviation of unit white noise after blurring along one axis by a kernel of `size` voxels."""
    impulse = np.zeros(2 * int(np.ceil(_TRUNCATE * size)) + 3)
    impulse[impulse.size // 2] = 1.0
    return float(np.linalg.norm(gaussian_filter1d(impulse, size, truncate=_TRUNCATE)))


def _noise_gain(size: float, width: float, overshoot: float) -> float:
    """How much sharpening increases the standard deviation of noise that was blurred by `size` voxels in the slice."""
    if not overshoot:
        return 1.0
    impulse = np.zeros([2 * int(np.ceil(_TRUNCATE * (size + width))) + 3] * 2, dtype=np.float32)
    impulse[impulse.shape[0] // 2, impulse.shape[1] // 2] = 1.0
    blurred = gaussian_filter(impulse, size, truncate=_TRUNCATE)
    sharp = blurred + overshoot * (blurred - gaussian_filter(blurred, width, truncate=_TRUNCATE))
    return float(np.linalg.norm(sharp) / np.linalg.norm(blurred))
