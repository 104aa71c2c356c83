"""The highest level at which a connected component of enough voxels is left, for all sizes and levels at once.

As the level falls, components of the voxels at or above it only grow and merge. Their tree (the max-tree: Salembier,
Oliveras and Garrido, IEEE Transactions on Image Processing 7 (1998) 555-570) has one node for each component of each
level and is built by one union-find pass over the voxels in falling order. The answer for n is the highest of the nodes
that hold n voxels or more.

The pass ends early: once the brightest voxels alone hold a component of the largest n, those below can change nothing.
Of the voxels of the lowest level taken it needs only some: a component of n voxels among them is one of that level, and
whether a higher level has one depends on voxels that were all taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from evaluation.levels import IntArray, Levels, count_at_or_above
from evaluation.settings import Connectivity

# How many of the brightest voxels are taken first, for each voxel of the largest n, and by how much that grows until
# they suffice. Both change the time taken and nothing else.
FIRST_SHARE = 32
GROWTH = 4

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
    at_or_above = count_at_or_above(levels, floor)
    available = int(at_or_above[floor])
    if not available:
        return np.zeros(len(voxels), dtype=np.int64)
    taken = FIRST_SHARE * voxels[-1]
    while True:
        chosen = _brightest(levels, at_or_above, min(taken, available))
        found = _highest_levels(levels, chosen, voxels, connectivity)
        if found[-1] or taken >= available:
            return found
        taken *= GROWTH


def _brightest(levels: Levels, at_or_above: IntArray, count: int) -> IntArray:
    """Flat indices of the `count` brightest voxels; of those at the lowest level taken, the first ones."""
    lowest = np.flatnonzero(at_or_above >= count).max()
    flat = levels.ravel()
    above = np.flatnonzero(flat > lowest)
    return np.concatenate([above, np.flatnonzero(flat == lowest)[: count - above.size]])


def _highest_levels(levels: Levels, chosen: IntArray, voxels: Sequence[int], connectivity: Connectivity) -> IntArray:
    """For each n the highest node of the chosen voxels' tree that holds n of them; 0 when none does."""
    import higra

    graph = higra.UndirectedGraph(chosen.size + 1)
    for sources, targets in _neighbours(levels.shape, chosen, connectivity):
        graph.add_edges(sources, targets)
    # higra needs a connected graph. One more vertex, below all levels, joins the components and only at the root.
    graph.add_edges(np.full(chosen.size, chosen.size), np.arange(chosen.size))
    weights = np.append(levels.ravel()[chosen], np.uint16(0)).astype(np.int64)
    tree, altitudes = higra.component_tree_max_tree(graph, weights)
    sizes = higra.accumulate_sequential(tree, np.ones(weights.size), higra.Accumulators.sum)
    return np.array([altitudes[sizes >= n].max(initial=0) for n in voxels], dtype=np.int64)


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
