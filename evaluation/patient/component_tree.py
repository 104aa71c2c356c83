"""The highest level at which a connected component of enough voxels is left, for all sizes and levels at once.

As the level falls, components of the voxels at or above it only grow and merge. Their tree (the max-tree: Salembier,
Oliveras and Garrido, IEEE Transactions on Image Processing 7 (1998) 555-570) has one node for each component of each
level and is built by one union-find pass over the voxels in falling order. The answer for n is the highest of the nodes
that hold n voxels or more.

The pass goes down the levels in strides and ends as soon as every n is answered. A component that answers n within a
stride lies inside one that has n voxels at the stride's end, so the tree is built of those alone; all other voxels are
only labelled. A stride whose tree would be large is halved, which bounds the memory whatever the map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from evaluation.maps.quantisation import PROBABILITY_LEVELS, Levels
from evaluation.patient.components import IntArray, count_at_or_above, label_components
from evaluation.settings import Connectivity

# How many voxels the first stride takes in, by how much each further one multiplies them, and how many a tree may have.
# They change time and memory and nothing else.
FIRST_STRIDE = 2**15
GROWTH = 4
LARGEST_TREE = 2**17

# The number of axes along which two voxels may differ and still be neighbours.
AXES_OF_CONNECTIVITY = {6: 1, 18: 2, 26: 3}


def levels_of_component(levels: Levels, voxels: Sequence[int], floor: int, connectivity: Connectivity) -> IntArray:
    """For each n the highest level at which a connected component of n voxels is left; 0 when the floor has none.

    Args:
        levels: (z, y, x).
        voxels: The noise thresholds in voxels, ascending.
        floor: The lowest level to try, at least 1.
        connectivity: 6, 18 or 26.
    """
    found = np.zeros(len(voxels), dtype=np.int64)
    previous = PROBABILITY_LEVELS + 1
    ends = _stride_ends(levels, floor)
    while ends and not found.all():
        level = ends[-1]
        open_ = np.flatnonzero(found == 0)
        chosen, sizes = _components(levels, level, connectivity)
        above = _voxels_between(levels, chosen[sizes >= voxels[open_[0]]], level, previous)
        if above.size > LARGEST_TREE:
            ends.append((level + previous) // 2)
            continue
        heights, counts = _component_tree(levels, above, connectivity)
        for position in open_[np.asarray(voxels)[open_] <= sizes.max()]:
            found[position] = heights[counts >= voxels[position]].max(initial=level)
        previous = ends.pop()
    return found


def _stride_ends(levels: Levels, floor: int) -> list[int]:
    """The lowest level of each stride, the last stride's, which is the floor, first; none when all voxels are below."""
    at_or_above = count_at_or_above(levels, floor)
    available = int(at_or_above[floor])
    ends, taken = {floor} if available else set(), FIRST_STRIDE
    while taken < available:
        ends.add(int(np.flatnonzero(at_or_above >= taken).max()))
        taken *= GROWTH
    return sorted(ends)


def _components(levels: Levels, level: int, connectivity: Connectivity) -> tuple[IntArray, IntArray]:
    """Flat indices of the voxels at or above a level, and the size of the component that each belongs to."""
    chosen = levels >= level
    flat = np.flatnonzero(chosen)
    labels = label_components(chosen, connectivity).ravel()[flat]
    return flat, np.bincount(labels)[labels]


def _voxels_between(levels: Levels, chosen: IntArray, level: int, previous: int) -> IntArray:
    """The chosen voxels above a stride's end; none when no level lies between it and the end of the stride before."""
    return chosen[levels.ravel()[chosen] > level] if previous > level + 1 else chosen[:0]


def _component_tree(levels: Levels, chosen: IntArray, connectivity: Connectivity) -> tuple[IntArray, IntArray]:
    """Level and number of voxels of each node of the tree of some voxels, given by flat indices."""
    import higra

    graph = higra.UndirectedGraph(chosen.size + 1)
    for sources, targets in _neighbours(levels.shape, chosen, connectivity):
        graph.add_edges(sources, targets)
    # higra needs a connected graph. One more vertex, below all levels, joins the components and only at the root.
    graph.add_edges(np.full(chosen.size, chosen.size), np.arange(chosen.size))
    weights = np.append(levels.ravel()[chosen], np.uint16(0)).astype(np.int64)
    tree, heights = higra.component_tree_max_tree(graph, weights)
    counts = higra.accumulate_sequential(tree, np.ones(weights.size), higra.Accumulators.sum)
    not_root = np.flatnonzero(heights)
    return heights[not_root], counts[not_root].astype(np.int64)


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
