"""The course of the spine: through the vertebrae that were located or given, or estimated from the maps."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.spine.curve import curve_at_heights
from dataset_conversion.spine.geometry import FloatArray
from evaluation.maps.quantisation import QuantisedArray, dequantise

LEAST_PROBABILITY = 0.5
"""Smallest probability of a voxel that counts as vertebra."""
SMOOTHING_MM = 20.0
"""Two thirds of a lumbar vertebra; shorter bends are noise in the maps."""
LEAST_SPREAD_MM = 3.0
"""Vertebra voxels that spread over less than this height do not determine a direction."""


def course_through(centres: FloatArray, heights: int, spacing: Sequence[float]) -> FloatArray:
    """Left-right position of the spine at each height: a smooth curve through the vertebrae.

    Above the first and below the last vertebra the position stays the same.

    Args:
        centres: (n, 3) voxel indices (z, y, x), not rounded; n at least 1.
        heights: Voxels of the volume along z.
        spacing: (z, y, x) mm.

    Returns:
        Voxel index along x, not rounded, for each z.
    """
    points = (centres * spacing)[:, ::-1]
    z = np.arange(heights) * spacing[0]
    return curve_at_heights(points, np.clip(z, points[:, 2].min(), points[:, 2].max()))[:, 0] / spacing[2]


def spine_course(vertebra_maps: Sequence[QuantisedArray], spacing: Sequence[float]) -> npt.NDArray[np.float64]:
    """Left-right position of the spine at each height.

    At each height a line is fitted to the vertebra voxels, weighted by their probability and by a Gaussian of their
    distance along the spine (local linear regression: Cleveland 1979). Unlike a moving mean, this does not pull the
    ends of a tilted spine inwards. Beyond the first and last vertebra voxel the position stays the same; without any
    vertebra voxel it is the middle of the image.

    Args:
        vertebra_maps: Quantised probability (z, y, x) of each class that is vertebra.
        spacing: (z, y, x) mm.

    Returns:
        Voxel index along x, not rounded, for each z.
    """
    heights, _, width = vertebra_maps[0].shape
    z = np.arange(heights) * spacing[0]
    mass, moment = _profiles(vertebra_maps)
    seen = np.flatnonzero(mass)
    if not seen.size:
        return np.full(heights, (width - 1) / 2)
    sums = (
        ndimage.gaussian_filter1d(values, SMOOTHING_MM / spacing[0], mode="constant")
        for values in (mass, mass * z, mass * z**2, moment, moment * z)
    )
    total, sum_z, sum_zz, sum_x, sum_zx = (values[seen] for values in sums)
    mean_z, mean_x = sum_z / total, sum_x / total
    variance = np.maximum(sum_zz / total - mean_z**2, LEAST_SPREAD_MM**2)
    slope = (sum_zx / total - mean_z * mean_x) / variance
    course: npt.NDArray[np.float64] = np.interp(z, z[seen], mean_x + slope * (z[seen] - mean_z))
    return course


def _profiles(vertebra_maps: Sequence[QuantisedArray]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Sums over the vertebra voxels at each z: of their probability, and of its product with x."""
    heights, _, width = vertebra_maps[0].shape
    mass, moment = np.zeros(heights), np.zeros(heights)
    for z in range(heights):
        vertebra = dequantise(np.sum([quantised[z] for quantised in vertebra_maps], axis=0, dtype=np.uint32))
        profile = np.where(vertebra >= LEAST_PROBABILITY, vertebra, 0).sum(axis=0, dtype=np.float64)
        mass[z], moment[z] = profile.sum(), profile @ np.arange(width)
    return mass, moment
