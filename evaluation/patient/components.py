"""Voxels and components of a quantised map at or above a probability."""

from __future__ import annotations

from collections.abc import Sequence

import cc3d
import numpy as np
import numpy.typing as npt

from evaluation.maps.quantisation import QUANTISATION_STEPS, QuantisedArray
from evaluation.settings import Connectivity
from evaluation.statistics.roc import IntArray

COUNTED = 2**18
"""Voxels that are counted at once. It affects time and memory only."""


def occupied_box(chosen: npt.NDArray[np.bool_]) -> tuple[slice, ...] | None:
    """The smallest box around the chosen voxels (z, y, x); None if there are none."""
    plane: npt.NDArray[np.bool_] = np.any(chosen, axis=0)
    occupied = (chosen.reshape(len(chosen), -1).any(axis=1), plane.any(axis=1), plane.any(axis=0))
    places = [np.flatnonzero(side) for side in occupied]
    return tuple(slice(int(side[0]), int(side[-1]) + 1) for side in places) if places[0].size else None


def label_components(chosen: npt.NDArray[np.bool_], connectivity: Connectivity) -> npt.NDArray[np.unsignedinteger]:
    """Number the connected components of the chosen voxels from 1, (z, y, x); the others are 0."""
    # Given booleans, cc3d 4.1.1 fails on a single row of voxels with 26 neighbours; given bytes it does not.
    labels: npt.NDArray[np.unsignedinteger] = cc3d.connected_components(
        chosen.view(np.uint8), connectivity=connectivity
    )
    return labels


def count_at_or_above(quantised: QuantisedArray, floor: int) -> IntArray:
    """Number of voxels at or above each quantised probability, (steps + 1,); voxels below the floor are not counted."""
    histogram = np.zeros(QUANTISATION_STEPS + 1, dtype=np.int64)
    flat = quantised.ravel()
    # In parts, because numpy counts a copy of eight bytes per voxel.
    for start in range(0, flat.size, COUNTED):
        histogram += np.bincount(flat[start : start + COUNTED], minlength=histogram.size)
    histogram[:floor] = 0
    return np.cumsum(histogram[::-1])[::-1]


def peaks_by_total_size(
    quantised: QuantisedArray, voxels: Sequence[int], floor: int, connectivity: Connectivity
) -> IntArray:
    """For each n the highest quantised probability that n voxels reach, wherever they lie; 0 if fewer reach the floor.

    The arguments are those of `component_tree.peaks_by_component_size`, so that either can be called. The connectivity
    is not used.
    """
    at_or_above = count_at_or_above(quantised, floor)
    return np.array([np.flatnonzero(at_or_above >= n).max(initial=0) for n in voxels], dtype=np.int64)
