"""Voxels and components at or above a level of a probability map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cc3d
import numpy as np
import numpy.typing as npt

from evaluation.maps.quantisation import PROBABILITY_LEVELS, Levels
from evaluation.settings import Connectivity

IntArray = npt.NDArray[np.int64]

# A threshold is met by the level it names, however float rounds it.
LEVEL_TOLERANCE = 1e-3


def level_of(probability_threshold: float) -> int:
    """The lowest level at or above a threshold, at least 1: every voxel has level 0."""
    return max(1, math.ceil(probability_threshold * PROBABILITY_LEVELS - LEVEL_TOLERANCE))


def label_components(chosen: npt.NDArray[np.bool_], connectivity: Connectivity) -> npt.NDArray[np.unsignedinteger]:
    """Number the connected components of the chosen voxels from 1, (z, y, x); the others are 0."""
    # Given booleans, cc3d 4.1.1 fails on a single row of voxels with 26 neighbours; given bytes it does not.
    labels: npt.NDArray[np.unsignedinteger] = cc3d.connected_components(
        chosen.view(np.uint8), connectivity=connectivity
    )
    return labels


def count_at_or_above(levels: Levels, floor: int) -> IntArray:
    """Number of voxels at or above each level, (levels + 1,); voxels below the floor are not counted anywhere."""
    histogram = np.bincount(levels[levels >= floor], minlength=PROBABILITY_LEVELS + 1)
    return np.cumsum(histogram[::-1])[::-1]


def levels_of_total(levels: Levels, voxels: Sequence[int], floor: int, connectivity: Connectivity) -> IntArray:
    """For each n the highest level at which n voxels are left, wherever they lie; 0 when the floor has fewer.

    Takes what `component_tree.levels_of_component` takes, so that one can stand for the other; connectivity plays no
    part.
    """
    at_or_above = count_at_or_above(levels, floor)
    return np.array([np.flatnonzero(at_or_above >= n).max(initial=0) for n in voxels], dtype=np.int64)
