"""How much memory a tile takes, and the largest tile that a budget allows."""

from collections.abc import Sequence
from math import prod

from vf_nnunet.inference.weights import Ensemble

GIGABYTE = 1e9
LARGEST_TILE = 150
"""Side in voxels beyond which a tile gains little: a seventh of its work is then also done for its neighbours."""
BESIDE = 2.2
"""Peak memory over that of the widest place: 1.4 to 2.1 as measured with both backends and five folds."""


def working_bytes(ensemble: Ensemble, tile: Sequence[int], bytes_per_value: int) -> int:
    """Peak memory of the features while a tile (z, y, x) is computed, one fold after the other.

    The widest place is either a convolution's input and output, or the first 1x1x1 layer, where the subsampled
    pathway's part is repeated beside the normal one's.
    """
    weights = ensemble.weights[0]
    layers = [*weights.normal, weights.classifier_by_pathway()[0]]
    sizes = [side + field - 1 for side, field in zip(tile, ensemble.receptive_field, strict=True)]
    widest = 0
    for layer in layers:
        after = [size - kernel + 1 for size, kernel in zip(sizes, layer.weight.shape[2:], strict=True)]
        widest = max(widest, layer.weight.shape[1] * prod(sizes) + layer.weight.shape[0] * prod(after))
        sizes = after
    hidden = [layer.weight.shape[0] for layer in weights.classifier]
    widest = max(widest, (2 * hidden[0] + max(hidden[0], hidden[1])) * prod(tile))
    return int(BESIDE * bytes_per_value * widest)


def largest_tile(ensemble: Ensemble, bytes_per_value: int, memory_gb: float) -> int:
    """The side of the largest cube, up to `LARGEST_TILE`, whose features fit; at least a block."""
    step = max(ensemble.subsampling_factor)
    sides = range(LARGEST_TILE, step, -step)
    budget = memory_gb * GIGABYTE
    return next((side for side in sides if working_bytes(ensemble, [side] * 3, bytes_per_value) <= budget), step)


def free_memory_gb() -> float:
    """Memory that a new process can have without swapping."""
    import psutil

    return float(psutil.virtual_memory().available) / GIGABYTE
