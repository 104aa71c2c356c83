"""The scan: noise, blur, and rounding to stored values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from dataset_conversion.phantom.settings.acquisition import Scanner
from dataset_conversion.phantom.shapes.grid import Array, Grid

STORED_RANGE = (-1024, 3071)
"""Range of the twelve bits that scanners store (HU)."""

_TRUNCATE = 3.0  # standard deviations at which the kernel ends


def acquire(rng: np.random.Generator, volume: Array, grid: Grid, scanner: Scanner) -> npt.NDArray[np.int16]:
    """Scan a volume.

    White noise is added and blurred by the same kernel as the patient, so that it is correlated as in a real scan.

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
    for box in grid.slabs():
        part = volume[box]
        part += np.float32(white) * rng.standard_normal(part.shape, dtype=np.float32)
    # This works in place, as the filter reads a whole line before it writes it.
    gaussian_filter(volume, sizes, output=volume, truncate=_TRUNCATE, mode="nearest")
    stored = np.empty(volume.shape, dtype=np.int16)
    for box in grid.slabs():
        stored[box] = np.clip(np.rint(volume[box]), *STORED_RANGE)
    return stored


def _remaining_noise(size: float) -> float:
    """Standard deviation of unit white noise after blurring along one axis by a kernel of `size` voxels."""
    impulse = np.zeros(2 * int(np.ceil(_TRUNCATE * size)) + 3)
    impulse[impulse.size // 2] = 1.0
    return float(np.linalg.norm(gaussian_filter1d(impulse, size, truncate=_TRUNCATE)))
