"""Cover the kept blocks with tiles of one shape that cost little."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from vf_nnunet.inference.probability_grid import occupied_bounds
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.cost import passes
from vf_nnunet.region.kept import BlockMask

SIDES = (24, 30, 36, 48, 60, 72)
"""Sides of tiles that are tried, in voxels. Smaller ones are mostly context."""
TILE_MACS = 5e8
"""Cost of a tile whatever its size, in multiply-adds: a millisecond or so."""
FLOAT32_COST = 2.0
"""Cost of a multiply-add of the subsampled pathway, which is computed in float32, relative to the others."""

Corner = tuple[int, int, int]
"""First block (z, y, x) of a tile."""


def cheapest_cover(
    kept: BlockMask, factor: Sequence[int], largest: int, cost: Callable[[tuple[int, ...]], float]
) -> tuple[tuple[int, int, int], list[Corner], float]:
    """Choose the tile shape whose cover of the kept blocks costs least.

    Args:
        kept: At least one block.
        factor: Voxels (z, y, x) of a block.
        largest: Largest side of a tile in voxels that fits into the memory.
        cost: Of a tile (z, y, x) in voxels.

    Returns:
        The shape (z, y, x) of the tiles in blocks, the first block of each tile, and the cost of all.
    """
    axes = [sorted({max(1, min(side, largest) // step) for side in SIDES}) for step in factor]
    bounds = occupied_bounds(kept)
    occupied = kept[tuple(slice(start, stop) for start, stop in bounds)]
    found = []
    for z, y, x in product(*axes):
        corners = cover(occupied, (z, y, x))
        tile = tuple(blocks * step for blocks, step in zip((z, y, x), factor, strict=True))
        found.append((len(corners) * cost(tile), (z, y, x), corners))
    least, shape, corners = min(found, key=lambda choice: choice[0])
    (first_z, _), (first_y, _), (first_x, _) = bounds
    return shape, [(first_z + z, first_y + y, first_x + x) for z, y, x in corners], least


def cover(kept: BlockMask, shape: Sequence[int]) -> list[Corner]:
    """First block of tiles of this shape that cover every kept block once.

    The volume is cut into slabs of the tile's height, each slab into rows, each row into tiles. Each cut begins at the
    first block that is not covered yet.
    """
    height, depth, width = shape
    corners: list[Corner] = []
    for z in _starts(kept.reshape(len(kept), -1), 0, height):
        slab: npt.NDArray[np.bool_] = np.any(kept[z : z + height], axis=0)
        for y in _starts(slab, 0, depth):
            corners += [(z, y, x) for x in _starts(slab[y : y + depth], 1, width)]
    return corners


def _starts(plane: npt.NDArray[np.bool_], axis: int, length: int) -> list[int]:
    """Where intervals of `length` along one of two axes begin that cover what is kept."""
    starts: list[int] = []
    for place in np.flatnonzero(np.any(plane, axis=1 - axis)).tolist():
        if not starts or place >= starts[-1] + length:
            starts.append(place)
    return starts


def tile_cost(architecture: Architecture, tile: Sequence[int], channels: int, classes: int) -> float:
    """Multiply-adds of a tile (z, y, x) with its context, and what a tile costs whatever its size."""
    found = passes(architecture, tile, channels, classes)
    layers = len(architecture.widths)
    subsampled = sum(layer.macs for layer in found[layers : 2 * layers])
    return TILE_MACS + sum(layer.macs for layer in found) + (FLOAT32_COST - 1) * subsampled
