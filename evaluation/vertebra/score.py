"""The vertebra-level score of Nicolaes et al. 2019, section 3.3.

A vertebra's score is the Gaussian-weighted mean of the fracture probability in a cube around its centroid, to which a
localisation error is added first. It shows what the detector would achieve after an automatic localisation of that
precision. The samples of the cube are 1 mm apart along the map's axes and symmetric about the centroid, so that an even
side is not biased to one direction. Probabilities are interpolated linearly, because centroids lie between voxels; the
nearest voxel would shift the cube by up to half a voxel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from dataset_conversion.spine.geometry import FloatArray, is_inside
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import STEP
from evaluation.settings import ScoringSettings
from evaluation.vertebra.localisation import noised_centroids

TIE_DECIMALS = 6
"""Decimals of a score in steps of the quantised map. Smaller differences are due to rounding; they count as ties."""


def vertebra_scores(
    probability_map: ProbabilityMap, vertebrae: Sequence[Vertebra], cube_side: int, settings: ScoringSettings
) -> FloatArray:
    """Scores of vertebrae that lie in one map, for each draw of the localisation error.

    Args:
        probability_map: Probability of fracture.
        vertebrae: Vertebrae with centroids inside the map. A centroid that the error moves outside stays at the border.
        cube_side: Side of the cube in samples 1 mm apart.
        settings: `sigma_per_side`, `seed` and the localisation settings are used.

    Returns:
        Shape (vertebrae, draws), 0 to 1. A vertebra's draws depend only on the seed, its case and its level.
    """
    offsets, weights = _cube(cube_side, settings.sigma_per_side)
    offsets = offsets / probability_map.spacing
    scores = [
        _weighted_means(probability_map, noised_centroids(vertebra, settings), offsets, weights)
        for vertebra in vertebrae
    ]
    return np.array(scores).reshape(len(vertebrae), settings.localisation_draws)


def centre_scores(
    probability_map: ProbabilityMap, centres: FloatArray, cube_side: int, settings: ScoringSettings
) -> FloatArray:
    """Scores (centres,) at given centres, without a localisation error.

    Args:
        probability_map: Probability of fracture.
        centres: (centres, 3), LPS mm. A centre outside the map is moved to its border.
        cube_side: Side of the cube in samples 1 mm apart.
        settings: `sigma_per_side` is used.
    """
    offsets, weights = _cube(cube_side, settings.sigma_per_side)
    offsets = offsets / probability_map.spacing
    # One at a time, because the box around all of them is most of the map.
    scores = [_weighted_means(probability_map, centre[None], offsets, weights)[0] for centre in centres]
    return np.array(scores)


def _cube(side: int, sigma_per_side: float) -> tuple[FloatArray, FloatArray]:
    """Offsets in mm (samples, 3) and Gaussian weights (samples,) of a cube centred on 0."""
    steps = np.arange(side) - (side - 1) / 2
    offsets = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    weights = np.exp(-0.5 * np.sum((offsets / (sigma_per_side * side)) ** 2, axis=1))
    return offsets, weights


def _weighted_means(
    probability_map: ProbabilityMap, centres: FloatArray, offsets: FloatArray, weights: FloatArray
) -> FloatArray:
    """Weighted mean (centres,) of the samples inside the map; a centre outside is moved to the border."""
    last = np.asarray(probability_map.shape) - 1
    centre_index = np.clip(probability_map.world_to_index(centres), 0, last)
    samples = centre_index[:, None, :] + offsets
    inside = is_inside(probability_map.shape, samples) * weights
    # Only the box around the samples is converted to floating point.
    low = np.clip(np.floor(samples.min(axis=(0, 1))), 0, last).astype(int)
    high = np.clip(np.floor(samples.max(axis=(0, 1))) + 1, low, last).astype(int)
    box = probability_map.quantised[tuple(slice(first, stop + 1) for first, stop in zip(low, high, strict=True))]
    # Relative to the lowest value, so that rounding cannot tell two places of equal probability apart.
    lowest = int(box.min())
    values = ndimage.map_coordinates(
        box.astype(np.float64) - lowest, (samples.reshape(-1, 3) - low).T, order=1, mode="nearest"
    ).reshape(inside.shape)
    steps = lowest + np.sum(inside * values, axis=1) / np.sum(inside, axis=1)
    means: FloatArray = np.round(steps, TIE_DECIMALS) * float(STEP)
    return means
