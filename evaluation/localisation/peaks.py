"""Peaks of the smoothed probability of a vertebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.spine.geometry import FloatArray, Geometry
from evaluation.localisation.settings import LocalisationSettings
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import STEP, QuantisedArray
from evaluation.statistics.roc import BoolArray

DIRECTIONS = np.array([step for step in np.ndindex(3, 3, 3) if step != (1, 1, 1)]) - 1.0
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
"""Unit vectors (26, 3) from a voxel to its neighbours."""
LEAST_CURVATURE = 1e-9
"""A peak flatter than this, in probability per voxel squared, is not refined along that direction."""
ROUNDING = 0.01
"""Share of a voxel by which a block may be larger than the grid's spacing."""
TRUNCATION = 3.0
"""Standard deviations at which the Gaussian is cut off."""


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
    factors = [max(1, int(settings.grid / spacing + ROUNDING)) for spacing in vertebra_map.spacing]
    blocks = _block_means(vertebra_map.quantised, factors)
    block_spacing = np.array(vertebra_map.spacing) * factors
    sigma = settings.smoothing / block_spacing
    box = _occupied_box(blocks, np.ceil(TRUNCATION * sigma).astype(int))
    if box is None:
        return None
    first = np.array([side.start for side in box])
    affine = vertebra_map.affine.copy()
    # The centre of the first block of the box, in voxels of the map.
    affine[:3, 3] = vertebra_map.index_to_world(first * factors + (np.array(factors) - 1) / 2)[0]
    affine[:3, :3] *= factors[::-1]
    return SmoothedMap(ndimage.gaussian_filter(blocks[box], sigma, mode="nearest", truncate=TRUNCATION), affine)


def find_peaks(smoothed: SmoothedMap, settings: LocalisationSettings) -> Peaks:
    """Local maxima that are high enough and stand out from their surroundings."""
    probability = smoothed.probability
    highest = ndimage.maximum_filter(probability, size=3, mode="nearest")
    places = _middles((probability == highest) & (probability >= settings.least_height))
    index = np.rint(places).astype(np.intp)
    height = probability[tuple(index.T)]
    around = smoothed.index_to_world(places)[:, None] + settings.contrast_radius * DIRECTIONS
    lowest = smoothed.at(around.reshape(-1, 3)).reshape(-1, len(DIRECTIONS)).min(axis=1)
    chosen = np.flatnonzero(height - lowest >= settings.least_contrast)
    chosen = chosen[np.argsort(-height[chosen], kind="stable")][: settings.most_peaks]
    position = smoothed.index_to_world(_vertices(probability, places[chosen]))
    from_the_top = np.argsort(-position[:, 2], kind="stable")
    return Peaks(position[from_the_top], height[chosen][from_the_top])


def _middles(chosen: BoolArray) -> FloatArray:
    """Mean index (groups, 3) of each group of neighbouring voxels: equal neighbours are one peak."""
    labels, count = ndimage.label(chosen, np.ones((3, 3, 3)))
    group = labels[chosen] - 1
    sizes = np.bincount(group, minlength=count)
    return np.stack([np.bincount(group, index, count) for index in np.nonzero(chosen)], axis=1) / sizes[:, None]


def _block_means(quantised: QuantisedArray, factors: Sequence[int]) -> FloatArray:
    """Mean probability (z, y, x) of blocks of voxels. Voxels left over at the far borders are not used."""
    sums: npt.NDArray[np.unsignedinteger] = quantised
    # A short block at the far border becomes a block of its own only if nothing else is there.
    factors = [min(factor, size) for factor, size in zip(factors, quantised.shape, strict=True)]
    for axis, factor in enumerate(factors):
        end = sums.shape[axis] // factor * factor
        part = [slice(None)] * 3
        part[axis] = slice(0, end, factor)
        total = sums[tuple(part)].astype(np.uint32)
        for offset in range(1, factor):
            part[axis] = slice(offset, end, factor)
            total += sums[tuple(part)]
        sums = total
    means: FloatArray = sums.astype(np.float32)
    means *= STEP / np.float32(np.prod(factors))
    return means


def _occupied_box(blocks: FloatArray, margin: npt.NDArray[np.intp]) -> tuple[slice, slice, slice] | None:
    """The box of the blocks above 0, with a margin."""
    occupied = blocks > 0
    sides = []
    for axis, more in enumerate(margin):
        used = np.flatnonzero(occupied.any(axis=tuple({0, 1, 2} - {axis})))
        if not used.size:
            return None
        sides.append(slice(max(0, int(used[0] - more)), int(used[-1] + more) + 1))
    return sides[0], sides[1], sides[2]


def _vertices(probability: FloatArray, places: FloatArray) -> FloatArray:
    """The vertex (peaks, 3) of a quadric through the 27 voxels around each place.

    It is at most one voxel from the middle one along each principal axis of the quadric. Where the map is flat along an
    axis, the place is kept.
    """
    index = np.rint(places).astype(np.intp)
    padded = np.pad(probability, 1, mode="edge")
    z, y, x = index.T[:, :, None, None, None] + np.indices((3, 3, 3))[:, None]
    gradient, hessian = _derivatives(padded[z, y, x].astype(np.float64))
    curvature, axes = np.linalg.eigh(hessian)
    slope, kept = (np.einsum("nji,nj->ni", axes, vector) for vector in (gradient, places - index))
    is_curved = curvature < -LEAST_CURVATURE
    steps = np.where(is_curved, -slope / np.where(is_curved, curvature, -1.0), kept)
    return np.asarray(index + np.einsum("nij,nj->ni", axes, np.clip(steps, -1.0, 1.0)))


def _derivatives(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gradients (n, 3) and Hessians (n, 3, 3) at the middle of 3 x 3 x 3 values (n, 3, 3, 3), by differences."""

    def at(offset: npt.NDArray[np.intp]) -> FloatArray:
        z, y, x = offset + 1
        return values[:, z, y, x]

    unit = np.eye(3, dtype=int)
    gradient = np.stack([at(axis) - at(-axis) for axis in unit], axis=1) / 2
    hessian = np.empty((len(values), 3, 3))
    for a, first in enumerate(unit):
        hessian[:, a, a] = at(first) - 2 * at(0 * first) + at(-first)
        for b, second in enumerate(unit[:a]):
            crossed = at(first + second) + at(-first - second) - at(first - second) - at(second - first)
            hessian[:, a, b] = hessian[:, b, a] = crossed / 4
    return gradient, hessian
