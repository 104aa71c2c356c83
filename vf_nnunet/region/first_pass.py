"""The first pass: the subsampled pathway alone, over the whole image."""

from collections.abc import Callable, Iterator

import numpy as np

from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.tiling import TilingSettings, planned_side, subsampled_with_context, tiles
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.region.kept import BlockMask, block_probability, kept_blocks, smooth

BlockPlace = tuple[slice, slice, slice]
"""A part (z, y, x) of an image in blocks."""


def find_region(backend: Backend, image: FloatArray, tiling: TilingSettings) -> list[BlockMask]:
    """For each fold the blocks (z, y, x) where a vertebra can be. No vertebra is in the air.

    Args:
        backend: Computes the ensemble; each fold has a probe.
        image: (C, z, y, x), preprocessed.
        tiling: How the volume is cut.
    """
    weights = backend.ensemble.weights
    probabilities = np.zeros((len(weights), *blocks_of(backend, image)), np.float32)
    for place, scores in subsampled_parts(backend, image, tiling, backend.probe_scores):
        for probability, score in zip(probabilities, scores, strict=True):
            probability[place] = block_probability(score[0])
    factor = backend.ensemble.architecture.subsampling_factor
    return [
        kept_blocks(fold.probe, smooth(probability, factor))
        for fold, probability in zip(weights, probabilities, strict=True)
        if fold.probe is not None
    ]


def subsampled_parts(
    backend: Backend, image: FloatArray, tiling: TilingSettings, compute: Callable[[FloatArray], list[FloatArray]]
) -> Iterator[tuple[BlockPlace, list[FloatArray]]]:
    """Compute on the subsampled grid, in parts that fit into the memory.

    A part may have as many blocks as a tile of the whole network has voxels.

    Args:
        backend: Knows the memory.
        image: (C, z, y, x), preprocessed.
        tiling: How the volume is cut.
        compute: From the voxels that the subsampled pathway reads, with context, to arrays (channels, z, y, x).

    Yields:
        Place of a part in blocks, and its arrays.
    """
    factor = backend.ensemble.architecture.subsampling_factor
    side = planned_side(backend, image, tiling)
    part, places = tiles(image, factor, [side * step for step in factor], tiling.air_below)
    for place in places:
        arrays = compute(subsampled_with_context(image, backend, place, part))
        z, y, x = (slice(at.start // step, -(-at.stop // step)) for at, step in zip(place, factor, strict=True))
        inner = tuple(slice(at.stop - at.start) for at in (z, y, x))
        yield (z, y, x), [array[:, *inner] for array in arrays]


def blocks_of(backend: Backend, image: FloatArray) -> tuple[int, ...]:
    """Number of blocks (z, y, x) of an image."""
    factor = backend.ensemble.architecture.subsampling_factor
    return tuple(-(-size // step) for size, step in zip(image.shape[1:], factor, strict=True))
