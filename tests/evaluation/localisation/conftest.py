"""Synthetic maps: a Gaussian blob for each vertebra."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import FloatArray, index_to_world, spacing_of, world_to_index
from evaluation.localisation.located import LocatedVertebra
from evaluation.maps.probability_map import ProbabilityMap

BODY = (8.0, 8.0, 6.0)
"""Standard deviations (x, y, z) of a blob in mm, about half of a lumbar body's half axes."""
REACH = 4.0
"""Standard deviations at which a blob ends."""


def affine_of(spacing: Sequence[float], origin: Sequence[float] = (0.0, 0.0, 0.0)) -> FloatArray:
    """An affine with axes along LPS; spacing and origin are (x, y, z)."""
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    return affine


def rotated(affine: FloatArray, degrees: Sequence[float]) -> FloatArray:
    """An oblique affine: rotated about the x axis and then about the z axis."""
    tilt, turn = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    oblique = affine.copy()
    oblique[:3] = about_z @ about_x @ affine[:3]
    return oblique


def blob_map(
    centres: npt.ArrayLike, shape: tuple[int, int, int], affine: FloatArray, heights: float | Sequence[float] = 0.9
) -> ProbabilityMap:
    """A map with a blob at each centre (n, 3), LPS mm; where blobs overlap, the higher one counts."""
    centres = np.asarray(centres, dtype=float).reshape(-1, 3)
    probability = np.zeros(shape, np.float32)
    reach = REACH * max(BODY) / np.array(spacing_of(affine))
    for centre, height in zip(centres, np.broadcast_to(heights, len(centres)), strict=True):
        index = world_to_index(affine, centre)[0]
        first = np.clip(np.floor(index - reach), 0, None).astype(int)
        last = np.clip(np.ceil(index + reach), -1, np.array(shape) - 1).astype(int)
        box = tuple(slice(low, high + 1) for low, high in zip(first, last, strict=True))
        size = probability[box].shape
        world = index_to_world(affine, np.indices(size).reshape(3, -1).T + first)
        squared = np.sum(((world - centre) / BODY) ** 2, axis=1).reshape(size)
        blob = np.where(squared < REACH**2, height * np.exp(-squared / 2), 0.0)
        probability[box] = np.maximum(probability[box], blob)
    return ProbabilityMap.from_probability(probability, affine)


def centres_of(located: Sequence[LocatedVertebra]) -> FloatArray:
    """The centres (n, 3)."""
    return np.array([vertebra.centre for vertebra in located]).reshape(-1, 3)


def straight_spine(count: int, spacing: float, middle: Sequence[float], lean: float = 0.0) -> FloatArray:
    """Centres (count, 3) from the top down; the spine leans forwards by some mm for each vertebra."""
    steps = np.arange(count) - (count - 1) / 2
    return np.asarray(middle) + steps[:, None] * [0.0, lean, -spacing]
