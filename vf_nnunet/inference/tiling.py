"""Exact tiling: predict every voxel of a volume once, with all the context that the network reads."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field
from tqdm import tqdm

from dataset_conversion.spine.labels import BACKGROUND
from dataset_conversion.spine.settings import settings
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.memory import largest_tile, tile_memory_gb
from vf_nnunet.inference.probability_grid import occupied_bounds
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.network.reflection import EVERY_VOXEL, read_reflected

Place = tuple[slice, slice, slice]
Side = Annotated[int, Field(ge=1)]


@settings
class TilingSettings:
    """How a volume is cut into tiles; none of it changes what is predicted inside the body.

    Attributes:
        tile: Largest (z, y, x) voxels predicted at a time. None plans them from `memory_gb`.
        memory_gb: Memory for the whole prediction of a CT, in 10^9 bytes: the process, the image, what is kept of the
            result, and the features of a tile, which take the rest. None takes half of what is free, at most 3. If the
            device has its own memory, this is the memory for a tile on that device; None takes half of what is free
            there.
        kept_bytes: Bytes per voxel that are kept of the result: 2 for each quantised map, 4 for each class in float32.
        air_below: Image value below which a voxel is air. Tiles of air only are background and are not computed. None
            computes every tile.
    """

    tile: tuple[Side, Side, Side] | None = None
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    kept_bytes: Annotated[int, Field(ge=0)] = 4
    air_below: float | None = None


DEFAULT_TILING = TilingSettings()


def predict_probabilities(
    backend: Backend, image: FloatArray, tiling: TilingSettings = DEFAULT_TILING, progress: bool = False
) -> FloatArray:
    """Class probabilities of every voxel, the same as in one pass over the whole volume.

    Args:
        backend: Computes the blocks.
        image: (C, z, y, x), preprocessed.
        tiling: How the volume is cut.
        progress: Show a progress bar over the tiles.

    Returns:
        (classes, z, y, x), the mean over the folds.
    """
    tiling = keeping_all_classes(backend, tiling)
    return assemble(predict_tiles(backend, image, tiling, progress), backend.ensemble.classes, image.shape[1:])


def keeping_all_classes(backend: Backend, tiling: TilingSettings = DEFAULT_TILING) -> TilingSettings:
    """The settings for a result of `assemble`, which keeps every class in float32."""
    return replace(tiling, kept_bytes=np.float32().itemsize * backend.ensemble.classes)


def assemble(blocks: Iterable[tuple[Place, FloatArray]], classes: int, shape: Sequence[int]) -> FloatArray:
    """Put computed tiles into one volume.

    Args:
        blocks: Place (z, y, x) of each tile, and its probabilities (classes, z, y, x).
        classes: Number of classes.
        shape: Voxels (z, y, x) of the volume.

    Returns:
        (classes, z, y, x), background wherever no tile lies.
    """
    probabilities = np.zeros((classes, *shape), np.float32)
    probabilities[BACKGROUND] = 1
    for place, block in blocks:
        probabilities[:, *place] = block
    return probabilities


def predict_tiles(
    backend: Backend, image: FloatArray, tiling: TilingSettings = DEFAULT_TILING, progress: bool = False
) -> Iterator[tuple[Place, FloatArray]]:
    """Compute tile by tile, everywhere but in the air.

    Yields:
        Place (z, y, x) of a tile in the volume, and its probabilities (classes, z, y, x).
    """
    yield from compute_tiles(backend, image, *plan_tiles(backend, image, tiling), progress)


def plan_tiles(
    backend: Backend, image: FloatArray, tiling: TilingSettings = DEFAULT_TILING
) -> tuple[tuple[int, ...], list[Place]]:
    """The common shape (z, y, x) of the tiles that `predict_tiles` computes, and their places in the volume."""
    side = tiling.tile or (planned_side(backend, image, tiling),) * 3
    return tiles(image, backend.ensemble.architecture.subsampling_factor, side, tiling.air_below)


def compute_tiles(
    backend: Backend, image: FloatArray, tile: Sequence[int], places: Sequence[Place], progress: bool = False
) -> Iterator[tuple[Place, FloatArray]]:
    """Compute the tiles at the given places.

    The volume is reflected at its borders. Tiles begin at multiples of the subsampling factor from the volume's first
    voxel, so that a voxel has the same position in its block whatever the tile. All tiles have the same shape, so that
    a backend prepares itself only once; what reaches beyond the volume is cut off.

    Args:
        backend: Computes the tiles.
        image: (C, z, y, x), preprocessed.
        tile: Common shape (z, y, x) of the tiles; multiples of the subsampling factor.
        places: Where each tile lies in the volume, without what reaches beyond it.
        progress: Show a progress bar over the tiles.

    Yields:
        Place (z, y, x) of a tile in the volume, and its probabilities (classes, z, y, x).
    """
    for place in tqdm(places, desc="tiles", leave=False, disable=None if progress else True):
        z, y, x = (slice(part.stop - part.start) for part in place)
        yield place, backend.probabilities(with_context(image, backend, place, tile))[:, z, y, x]


def with_context(image: FloatArray, backend: Backend, place: Place, tile: Sequence[int]) -> FloatArray:
    """The part of an image (C, z, y, x) that the network reads for a tile that begins at `place`."""
    return _read_part(image, backend, place, tile, EVERY_VOXEL)


def subsampled_with_context(image: FloatArray, backend: Backend, place: Place, tile: Sequence[int]) -> FloatArray:
    """As `with_context`, of the voxels that the subsampled pathway reads only."""
    return _read_part(image, backend, place, tile, backend.ensemble.architecture.block_centres)


def _read_part(
    image: FloatArray, backend: Backend, place: Place, tile: Sequence[int], chosen: Sequence[slice]
) -> FloatArray:
    """The `chosen` voxels along (z, y, x) of a tile with its context, reflected at the image's borders."""
    context = backend.ensemble.architecture.context
    starts = [at.start - margin for at, margin in zip(place, context, strict=True)]
    size = [side + 2 * margin for side, margin in zip(tile, context, strict=True)]
    return np.ascontiguousarray(read_reflected(image, starts, size, chosen), np.float32)


def tiles(
    image: FloatArray, factor: Sequence[int], largest: Sequence[int], air_below: float | None
) -> tuple[tuple[int, ...], list[Place]]:
    """The common shape of all tiles and their places in the volume; they cover every voxel that is not air."""
    body: npt.NDArray[np.bool_] = (
        np.ones(image.shape[1:], bool) if air_below is None else np.any(image >= air_below, axis=0)
    )
    bounds = [(start // step * step, stop) for (start, stop), step in zip(occupied_bounds(body), factor, strict=True)]
    shape = tuple(
        _even_side(stop - start, side, step) for (start, stop), side, step in zip(bounds, largest, factor, strict=True)
    )
    grid = product(*(range(start, stop, side) for (start, stop), side in zip(bounds, shape, strict=True)))
    places = [
        tuple(slice(at, min(at + side, full)) for at, side, full in zip(corner, shape, body.shape, strict=True))
        for corner in grid
    ]
    return shape, [(z, y, x) for z, y, x in places if body[z, y, x].any()]


def _even_side(size: int, largest: int, step: int) -> int:
    """Side of equal tiles over `size` voxels: a multiple of `step`, at most `largest` but at least `step`."""
    count = max(1, -(-size // max(step, largest // step * step)))
    return max(step, -(-size // (count * step)) * step)


def planned_side(backend: Backend, image: FloatArray, tiling: TilingSettings) -> int:
    """Side of the largest cubic tile that fits into the memory beside an image (C, z, y, x) and its result."""
    held = image.nbytes + tiling.kept_bytes * image[0].size
    budget = tile_memory_gb(held, tiling.memory_gb, backend.device_memory_gb)
    return largest_tile(backend.ensemble, backend.bytes_per_value, budget)
