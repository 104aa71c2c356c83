"""The highest level at which enough voxels of a map are left, in all or in one connected component.

Levels are the 65535 steps in which probability maps are stored. The voxels at or above a level become fewer as the
level rises, and so does the largest component, which is why bisection finds the level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cc3d
import numpy as np
import numpy.typing as npt

from evaluation.geometry import FloatArray
from evaluation.probability_map import PROBABILITY_LEVELS
from evaluation.settings import Connectivity

Levels = npt.NDArray[np.uint16]
IntArray = npt.NDArray[np.int64]

# A threshold is met by the level it names, however float rounds it.
LEVEL_TOLERANCE = 1e-3


def quantise(probability: FloatArray) -> Levels:
    """The level of each voxel, (z, y, x)."""
    levels: Levels = np.rint(probability * np.float32(PROBABILITY_LEVELS)).astype(np.uint16)
    return levels


def level_of(probability_threshold: float) -> int:
    """The lowest level at or above a threshold, at least 1: every voxel has level 0."""
    return max(1, math.ceil(probability_threshold * PROBABILITY_LEVELS - LEVEL_TOLERANCE))


def bounding_box(levels: Levels, level: int) -> Levels:
    """The smallest box that holds every voxel of at least `level`; empty when there is none."""
    box = levels
    for axis in range(levels.ndim):
        others = tuple(other for other in range(levels.ndim) if other != axis)
        occupied = np.flatnonzero(box.max(axis=others, initial=0) >= level)
        if not occupied.size:
            return levels[:0, :0, :0]
        box = box[(slice(None),) * axis + (slice(occupied[0], occupied[-1] + 1),)]
    return box


def label_components(chosen: npt.NDArray[np.bool_], connectivity: Connectivity) -> npt.NDArray[np.unsignedinteger]:
    """Number the connected components of the chosen voxels from 1, (z, y, x); the others are 0."""
    # Given booleans, cc3d 4.1.1 fails on a single row of voxels with 26 neighbours; given bytes it does not.
    labels: npt.NDArray[np.unsignedinteger] = cc3d.connected_components(
        chosen.view(np.uint8), connectivity=connectivity
    )
    return labels


def levels_of_total(levels: Levels, voxels: Sequence[int], floor: int, connectivity: Connectivity) -> IntArray:
    """For each n the highest level at which n voxels are left, wherever they lie; 0 when there are fewer.

    Takes what `levels_of_component` takes, so that one can stand for the other; floor and connectivity play no part.
    """
    histogram = np.bincount(levels.ravel(), minlength=PROBABILITY_LEVELS + 1)
    at_or_above = np.cumsum(histogram[::-1])[::-1]
    return np.array([np.flatnonzero(at_or_above >= n).max(initial=0) for n in voxels])


def levels_of_component(levels: Levels, voxels: Sequence[int], floor: int, connectivity: Connectivity) -> IntArray:
    """For each n the highest level at which a connected component of n voxels is left; below the floor if none is.

    The largest n is searched in the whole map. A component that satisfies a smaller n at that level or above lies
    inside one component of that level, so the others are searched one component at a time.

    Args:
        levels: (z, y, x).
        voxels: The noise thresholds in voxels, ascending.
        floor: The lowest level to try.
        connectivity: 6, 18 or 26.
    """
    upper = levels_of_total(levels, voxels, floor, connectivity)
    if upper[0] < floor:
        return upper
    base = _bisect(levels, voxels[-1], floor - 1, int(upper[-1]), connectivity)
    components = _Components(bounding_box(levels, max(base, 1)), max(base, 1), connectivity)
    return np.array([*(components.highest_level(n, base) for n in voxels[:-1]), base])


class _Components:
    """The connected components of one level, each to be searched in its own box.

    Args:
        levels: (z, y, x).
        level: The level whose components these are.
        connectivity: 6, 18 or 26.
    """

    def __init__(self, levels: Levels, level: int, connectivity: Connectivity) -> None:
        chosen = levels >= level
        self._levels = levels
        self._connectivity = connectivity
        components = label_components(chosen, connectivity)
        self._boxes = cc3d.statistics(components)["bounding_boxes"]
        labels, members = components[chosen], levels[chosen]
        # Component by component, the brightest voxel first; levels fit int32, which can be negated.
        self._sorted = members[np.lexsort((-members.astype(np.int32), labels))]
        self._sizes = np.bincount(labels, minlength=len(self._boxes))
        self._starts = np.cumsum(self._sizes) - self._sizes

    def highest_level(self, n: int, low: int) -> int:
        """The highest level at which n connected voxels are left, or `low` when that is not above it."""
        large = np.flatnonzero(self._sizes >= n)
        # No component can hold n voxels above the level of its own n-th brightest.
        upper = self._sorted[self._starts[large] + n - 1]
        for position in np.argsort(-upper.astype(np.int32), kind="stable"):
            if upper[position] <= low:
                break
            # What the box cuts off its neighbours does no harm: n connected voxels count whosever they are.
            box = self._levels[self._boxes[large[position]]]
            low = _bisect(box, n, low, int(upper[position]), self._connectivity)
        return low


def _bisect(levels: Levels, n: int, low: int, high: int, connectivity: Connectivity) -> int:
    """The highest level above `low`, up to `high`, at which a component of n voxels is left; `low` when none is."""
    while low < high:
        middle = (low + high + 1) // 2
        if _largest_component(levels, middle, connectivity) >= n:
            low = middle
        else:
            high = middle - 1
    return low


def _largest_component(levels: Levels, level: int, connectivity: Connectivity) -> int:
    box = bounding_box(levels, level)
    chosen = box >= level
    if not chosen.size:
        return 0
    labels = label_components(chosen, connectivity)
    return int(np.bincount(labels[chosen]).max())
