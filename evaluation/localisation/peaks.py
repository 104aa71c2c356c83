"""Peaks of the smoothed probability of a vertebra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from dataset_conversion.spine.geometry import FloatArray, Geometry
from evaluation.localisation.settings import LocalisationSettings
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import STEP

DIRECTIONS = np.array([step for step in np.ndindex(3, 3, 3) if step != (1, 1, 1)]) - 1.0
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
"""Unit vectors (26, 3) from a voxel to its neighbours."""
LEAST_CURVATURE = 1e-9
"""A peak flatter than this, in probability per voxel squared, is not refined along that direction."""


@dataclass(frozen=True, eq=False)
class SmoothedMap(Geometry):
    """The smoothed probability of a vertebra on a coarse grid.

    Attributes:
        probability: (z, y, x), 0 to 1.
        affine: 4x4, voxel index (x, y, z) to LPS mm.
    """

    probability: FloatArray
    affine: FloatArray

    def at(self, points: FloatArray) -> FloatArray:
        """Probability (n,) at LPS mm points (n, 3), interpolated linearly. Outside, the nearest voxel counts."""
        index = self.world_to_index(points)
        values: FloatArray = ndimage.map_coordinates(self.probability, index.T, order=1, mode="nearest")
        return values


@dataclass(frozen=True, eq=False)
class Peaks:
    """Peaks of a smoothed map, from the top down.

    Attributes:
        position: (peaks, 3), LPS mm.
        height: (peaks,), smoothed probability.
    """

    position: FloatArray
    height: FloatArray


def smooth(vertebra_map: ProbabilityMap, settings: LocalisationSettings) -> SmoothedMap | None:
    """Average the map over blocks of about `grid` mm and smooth it; None if no voxel is above 0."""
    factors = [max(1, int(settings.grid / spacing + 0.01)) for spacing in vertebra_map.spacing]
    blocks = _block_means(vertebra_map.quantised, factors)
    sigma = [
        settings.smoothing / (spacing * factor) for spacing, factor in zip(vertebra_map.spacing, factors, strict=True)
    ]
    box = _box(blocks, [int(np.ceil(3 * length)) for length in sigma])
    if box is None:
        return None
    affine = vertebra_map.affine.copy()
    first = np.array([side.start for side in box])
    # The centre of the first block of the box, in voxels of the map.
    corner = first * factors + (np.array(factors) - 1) / 2
    affine[:3, 3] = vertebra_map.index_to_world(corner)[0]
    affine[:3, :3] = affine[:3, :3] * factors[::-1]
    smoothed = ndimage.gaussian_filter(blocks[box], sigma, mode="nearest", truncate=3.0)
    return SmoothedMap(smoothed, affine)


def find_peaks(smoothed: SmoothedMap, settings: LocalisationSettings) -> Peaks:
    """Local maxima that are high enough and stand out from their surroundings."""
    probability = smoothed.probability
    highest = ndimage.maximum_filter(probability, size=3, mode="nearest")
    labels, count = ndimage.label(
        (probability >= highest) & (probability >= settings.least_height), np.ones((3, 3, 3), int)
    )
    places = np.array(ndimage.center_of_mass(labels > 0, labels, np.arange(1, count + 1))).reshape(-1, 3)
    places = _refined(probability, places)
    position = smoothed.index_to_world(places)
    height = smoothed.at(position)
    around = position[:, None] + settings.contrast_radius * DIRECTIONS
    lowest = smoothed.at(around.reshape(-1, 3)).reshape(len(position), -1).min(axis=1, initial=1.0)
    chosen = np.flatnonzero(height - lowest >= settings.least_contrast)
    chosen = chosen[np.argsort(-height[chosen], kind="stable")][: settings.most_peaks]
    chosen = chosen[np.argsort(-position[chosen, 2], kind="stable")]
    return Peaks(position[chosen], height[chosen])


def _block_means(quantised: np.ndarray, factors: list[int]) -> FloatArray:
    """Mean probability of blocks of voxels. Blocks at the far borders can be smaller."""
    sums = quantised
    counts = []
    for axis, factor in enumerate(factors):
        starts = np.arange(0, quantised.shape[axis], factor)
        sums = np.add.reduceat(sums, starts, axis=axis, dtype=np.float32)
        counts.append(np.diff([*starts, quantised.shape[axis]]).astype(np.float32))
    z, y, x = counts
    sums *= STEP / (z[:, None, None] * y[:, None] * x)
    return sums


def _box(blocks: FloatArray, margin: list[int]) -> tuple[slice, slice, slice] | None:
    """The blocks above 0, with a margin."""
    occupied = blocks > 0
    sides = []
    for axis, more in enumerate(margin):
        others = tuple(other for other in range(3) if other != axis)
        used = np.flatnonzero(occupied.any(axis=others))
        if not used.size:
            return None
        sides.append(slice(max(0, int(used[0]) - more), int(used[-1]) + 1 + more))
    return sides[0], sides[1], sides[2]


def _refined(probability: FloatArray, places: FloatArray) -> FloatArray:
    """The vertex of a quadric through the 27 values around each place."""
    padded = np.pad(probability, 1, mode="edge")
    refined = places.copy()
    for number, place in enumerate(np.rint(places).astype(int)):
        z, y, x = place
        values = padded[z : z + 3, y : y + 3, x : x + 3]
        gradient, hessian = _derivatives(values)
        curvature, axes = np.linalg.eigh(hessian)
        along = axes.T @ gradient
        steps = np.where(curvature < -LEAST_CURVATURE, -along / np.minimum(curvature, -LEAST_CURVATURE), 0.0)
        refined[number] = place + np.clip(axes @ steps, -1.0, 1.0)
    return refined


def _derivatives(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gradient (3,) and Hessian (3, 3) at the middle of 3 x 3 x 3 values, by central differences."""
    middle = (1, 1, 1)
    unit = np.eye(3, dtype=int)
    gradient = np.empty(3)
    hessian = np.empty((3, 3))
    for a in range(3):
        up, down = values[tuple(middle + unit[a])], values[tuple(middle - unit[a])]
        gradient[a] = (up - down) / 2
        hessian[a, a] = up - 2 * values[middle] + down
        for b in range(a):
            plus, minus = unit[a] + unit[b], unit[a] - unit[b]
            hessian[a, b] = hessian[b, a] = (
                values[tuple(middle + plus)]
                + values[tuple(middle - plus)]
                - values[tuple(middle + minus)]
                - values[tuple(middle - minus)]
            ) / 4
    return gradient, hessian
