"""The highest grey value at which a connected component of enough voxels is left, for all sizes at once.

A grey value is a quantised probability. As it falls, the components of the voxels at or above it only grow and merge.
Their tree (the max-tree: Salembier, Oliveras and Garrido, IEEE Transactions on Image Processing 7 (1998) 555-570) has
one node for each component at each grey value. One union-find pass over the voxels, in descending order, builds it.
The answer for n is the highest node that holds at least n voxels.

The pass descends in strides and ends as soon as every n is answered. A component that answers n within a stride lies
inside a component that has n voxels at the end of the stride. The tree is therefore built of those voxels alone; all
others are only labelled. A stride whose tree would be too large is halved, which bounds the memory for any map.

For a single n no tree is needed: the grey value is found by bisection, which labels the components some ten times. That
takes less time than the tree, and much less than importing higra.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

import numpy as np

from evaluation.maps.quantisation import QUANTISATION_STEPS, QuantisedArray
from evaluation.patient.components import count_at_or_above, label_components, occupied_box
from evaluation.settings import Connectivity
from evaluation.statistics.roc import IntArray

FIRST_STRIDE = 2**15
"""Voxels in the first stride. This and the next two constants affect time and memory only, not the result."""

GROWTH = 4
"""Factor by which the voxels grow from one stride to the next."""

LARGEST_TREE = 2**17
"""Largest number of voxels in a tree."""

AXES_OF_CONNECTIVITY = {6: 1, 18: 2, 26: 3}
"""The number of axes along which two voxels may differ and still be neighbours."""


def peaks_by_component_size(
    quantised: QuantisedArray, voxels: Sequence[int], floor: int, connectivity: Connectivity
) -> IntArray:
    """For each n the highest grey value at which a component of n voxels is left; 0 if there is none at the floor.

    Args:
        quantised: (z, y, x).
        voxels: The noise thresholds in voxels, ascending.
        floor: The lowest grey value to try, at least 1.
        connectivity: 6, 18 or 26.
    """
    found = np.zeros(len(voxels), dtype=np.int64)
    previous = QUANTISATION_STEPS + 1
    ends = _stride_ends(quantised, floor)
    while ends and not found.all():
        grey_value = ends[-1]
        unanswered = np.flatnonzero(found == 0)
        inner = _occupied_part(quantised, grey_value)
        chosen, sizes = _components(inner, grey_value, connectivity)
        if len(voxels) == 1:
            if sizes.max() >= voxels[0]:
                found[0] = _bisect(inner, voxels[0], grey_value, previous, connectivity)
            previous = ends.pop()
            continue
        above = _voxels_between(inner, chosen[sizes >= voxels[unanswered[0]]], grey_value, previous)
        if above.size > LARGEST_TREE:
            ends.append((grey_value + previous) // 2)
            continue
        grey_values, counts = _component_tree(inner, above, connectivity)
        for position in unanswered[np.asarray(voxels)[unanswered] <= sizes.max()]:
            found[position] = grey_values[counts >= voxels[position]].max(initial=grey_value)
        previous = ends.pop()
    return found


def _bisect(quantised: QuantisedArray, voxels: int, reached: int, beyond: int, connectivity: Connectivity) -> int:
    """The highest grey value, from `reached` to below `beyond`, at which a component of `voxels` voxels is left.

    Args:
        quantised: (z, y, x); has such a component at `reached`.
        voxels: The noise threshold.
        reached: The lowest grey value.
        beyond: Above all grey values.
        connectivity: 6, 18 or 26.
    """
    while beyond - reached > 1:
        middle = (reached + beyond) // 2
        part = _occupied_part(quantised, middle)
        _, sizes = _components(part, middle, connectivity)
        if sizes.max(initial=0) >= voxels:
            quantised, reached = part, middle
        else:
            beyond = middle
    return reached


def _stride_ends(quantised: QuantisedArray, floor: int) -> list[int]:
    """The lowest grey value of each stride, ascending, so that the floor comes first; empty if no voxel reaches it."""
    at_or_above = count_at_or_above(quantised, floor)
    available = int(at_or_above[floor])
    ends, taken = {floor} if available else set(), FIRST_STRIDE
    while taken < available:
        ends.add(int(np.flatnonzero(at_or_above >= taken).max()))
        taken *= GROWTH
    return sorted(ends)


def _occupied_part(quantised: QuantisedArray, grey_value: int) -> QuantisedArray:
    """The part around all voxels at or above a grey value, which saves time and memory."""
    box = occupied_box(quantised >= grey_value)
    if box is None or prod(side.stop - side.start for side in box) > quantised.size // 2:
        return quantised
    return np.ascontiguousarray(quantised[box])


def _components(quantised: QuantisedArray, grey_value: int, connectivity: Connectivity) -> tuple[IntArray, IntArray]:
    """Flat indices of the voxels at or above a grey value, and the size of the component that each belongs to."""
    chosen = quantised >= grey_value
    flat = np.flatnonzero(chosen)
    labels = label_components(chosen, connectivity).ravel()[flat]
    return flat, np.bincount(labels)[labels]


def _voxels_between(quantised: QuantisedArray, chosen: IntArray, grey_value: int, previous: int) -> IntArray:
    """The chosen voxels above the end of a stride; empty if no grey value lies between it and the previous end."""
    return chosen[quantised.ravel()[chosen] > grey_value] if previous > grey_value + 1 else chosen[:0]


def _component_tree(
    quantised: QuantisedArray, chosen: IntArray, connectivity: Connectivity
) -> tuple[IntArray, IntArray]:
    """Grey value and number of voxels of each node of the tree of some voxels, given by flat indices."""
    import higra

    graph = higra.UndirectedGraph(chosen.size + 1)
    for sources, targets in _neighbours(quantised.shape, chosen, connectivity):
        graph.add_edges(sources, targets)
    # higra needs a connected graph. An additional vertex, below all grey values, joins the components at the root only.
    graph.add_edges(np.full(chosen.size, chosen.size), np.arange(chosen.size))
    weights = np.append(quantised.ravel()[chosen], np.uint16(0)).astype(np.int64)
    tree, grey_values = higra.component_tree_max_tree(graph, weights)
    counts = higra.accumulate_sequential(tree, np.ones(weights.size), higra.Accumulators.sum)
    not_root = np.flatnonzero(grey_values)
    return grey_values[not_root], counts[not_root].astype(np.int64)


def _neighbours(
    shape: tuple[int, ...], chosen: IntArray, connectivity: Connectivity
) -> Iterator[tuple[IntArray, IntArray]]:
    """The pairs of neighbours among the chosen voxels, as positions in `chosen`, one direction at a time."""
    # A border of one voxel keeps neighbours from wrapping around to the next row.
    padded = tuple(size + 2 for size in shape)
    inner = np.ravel_multi_index(tuple(index + 1 for index in np.unravel_index(chosen, shape)), padded)
    position = np.full(np.prod(padded), -1, dtype=np.int32)
    position[inner] = np.arange(chosen.size)
    strides = np.array([padded[1] * padded[2], padded[2], 1])
    for direction in _directions(connectivity):
        neighbour = position[inner + strides @ direction]
        sources = np.flatnonzero(neighbour >= 0)
        yield sources, neighbour[sources].astype(np.int64)


def _directions(connectivity: Connectivity) -> list[tuple[int, ...]]:
    """The steps (z, y, x) to half of a voxel's neighbours; the other half have the voxel as theirs."""
    steps = product((-1, 0, 1), repeat=3)
    return [step for step in steps if step > (0, 0, 0) and np.count_nonzero(step) <= AXES_OF_CONNECTIVITY[connectivity]]
