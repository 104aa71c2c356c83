"""Voxels and components of a quantised map at or above a probability."""

from __future__ import annotations

from collections.abc import Sequence

import cc3d
import numpy as np
import numpy.typing as npt

from evaluation.maps.quantisation import QUANTISATION_STEPS, QuantisedArray
from evaluation.settings import Connectivity
from evaluation.statistics.roc import IntArray


def label_components(chosen: npt.NDArray[np.bool_], connectivity: Connectivity) -> npt.NDArray[np.unsignedinteger]:
    """Number the connected components of the chosen voxels from 1, (z, y, x); the others are 0."""
    # Given booleans, cc3d 4.1.1 fails on a single row of voxels with 26 neighbours; given bytes it does not.
    labels: npt.NDArray[np.unsignedinteger] = cc3d.connected_components(
        chosen.view(np.uint8), connectivity=connectivity
    )
    return labels


def count_at_or_above(quantised: QuantisedArray, floor: int) -> IntArray:
    """Number of voxels at or above each quantised probability, (steps + 1,); voxels below the floor are not counted."""
    histogram = np.bincount(quantised[quantised >= floor], minlength=QUANTISATION_STEPS + 1)
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
