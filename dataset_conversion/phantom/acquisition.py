"""The scanner: blur, noise, and rounding to stored Hounsfield units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from dataset_conversion.phantom.body import Array
from dataset_conversion.phantom.grid import Grid, correlated_noise
from dataset_conversion.phantom.settings import AcquisitionSettings


def acquire(
    rng: np.random.Generator, volume: Array, grid: Grid, settings: AcquisitionSettings
) -> npt.NDArray[np.int16]:
    """Scan a volume (z, y, x) of true densities in HU: blur it, add correlated noise and round to int16."""
    in_plane, through = rng.uniform(*settings.in_plane_blur), rng.uniform(*settings.slice_blur)
    sizes = [blur / step for blur, step in zip((through, in_plane, in_plane), grid.spacing, strict=True)]
    scanned = gaussian_filter(volume, sizes, truncate=3.0, mode="nearest")
    noise = correlated_noise(rng, grid, rng.uniform(*settings.noise_length))
    scanned += np.float32(rng.uniform(*settings.noise_sd)) * noise
    return np.asarray(np.clip(np.rint(scanned), *settings.stored_range), dtype=np.int16)
