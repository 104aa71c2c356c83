"""Exact tiling: every voxel of a volume predicted once, with all the context that the network reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.labels import BACKGROUND
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.bounds import occupied_bounds
from vf_nnunet.inference.memory import largest_tile, tile_memory_gb
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.network.reflection import reflected_indices

Place = tuple[slice, slice, slice]


@dataclass(frozen=True)
class TilingSettings:
    """How a volume is cut; none of it changes what is predicted inside the body.

    Attributes:
        tile: (z, y, x) voxels predicted at a time, at most. None plans them from `memory_gb`.
        memory_gb: For the whole prediction of a CT, in 10^9 bytes: the process, the image, the quantised maps
            that are kept of two classes, and a tile's features, which take what is left. None takes half of what is
            free, and at most 3. Where the device has memory of its own it is for that: a tile there takes all of it, by
            default half of what is free.
        air_below: Image value below which a voxel is air. Tiles that hold nothing else are background and not
            computed. None computes every tile.
    """

    tile: tuple[int, int, int] | None = None
    memory_gb: float | None = None
    air_below: float | None = None


DEFAULT_TILING = TilingSettings()


def predict_probabilities(
    backend: Backend, image: FloatArray, settings: TilingSettings = DEFAULT_TILING, progress: bool = False
) -> FloatArray:
    """Class probabilities of every voxel, equal to one pass over the whole volume.

    Args:
        backend: Computes the blocks.
        image: (C, z, y, x), preprocessed.
        settings: How the volume is cut.
        progress: Show a bar over the tiles.

    Returns:
        (classes, z, y, x), the mean over the folds.
    """
    shape = image.shape[1:]
    probabilities = np.zeros((backend.ensemble.classes, *shape), np.float32)
    probabilities[BACKGROUND] = 1
    for place, block in predict_tiles(backend, image, settings, progress):
        probabilities[:, *place] = block
    return probabilities


def predict_tiles(
    backend: Backend, image: FloatArray, settings: TilingSettings = DEFAULT_TILING, progress: bool = False
) -> Iterator[tuple[Place, FloatArray]]:
    """Each tile's place (z, y, x) in the volume and its probabilities (classes, z, y, x), as they are computed.

    The volume's borders are reflected. Tiles begin at multiples of the subsampling factor from the volume's first
    voxel, so that a voxel has the same place in its block whatever the tile; all have one shape, so that a backend
    prepares itself once, and what reaches beyond the volume is cut off.
    """
    architecture = backend.ensemble.architecture
    side = settings.tile or (_planned_side(backend, image.nbytes, settings.memory_gb),) * 3
    tile, places = tiles(image, architecture.subsampling_factor, side, settings.air_below)
    for place in tqdm(places, desc="tiles", leave=False, disable=not progress):
        read = (
            reflected_indices(part.start - margin, part.start + size + margin, full)
            for part, size, margin, full in zip(place, tile, architecture.context, image.shape[1:], strict=True)
        )
        block = np.ascontiguousarray(image[np.ix_(np.arange(len(image)), *read)], np.float32)
        z, y, x = (slice(part.stop - part.start) for part in place)
        yield place, backend.probabilities(block)[:, z, y, x]


def tiles(
    image: FloatArray, factor: Sequence[int], largest: Sequence[int], air_below: float | None
) -> tuple[tuple[int, ...], list[Place]]:
    """The shape of all tiles, and where in the volume they stand; together they hold every voxel that is not air."""
    body = np.ones(image.shape[1:], bool) if air_below is None else image.max(axis=0) >= air_below
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
    """Side of equal tiles over `size` voxels, a multiple of `step` and not above `largest` (but at least `step`)."""
    count = max(1, -(-size // max(step, largest // step * step)))
    return max(step, -(-size // (count * step)) * step)


def _planned_side(backend: Backend, image_bytes: int, memory_gb: float | None) -> int:
    budget = tile_memory_gb(image_bytes, memory_gb, backend.device_memory_gb)
    return largest_tile(backend.ensemble, backend.bytes_per_value, budget)
