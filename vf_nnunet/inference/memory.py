"""How much of the memory is a tile's, and the largest tile that it allows."""

from collections.abc import Sequence
from math import prod

from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.network.cost import GIGABYTE

LARGEST_TILE = 150
"""Side in voxels beyond which a tile gains little: a seventh of its work is then also done for its neighbours."""
SMALLEST_TILE = 48
"""Side below which a tile would be mostly context: it is computed whatever the plan, in a third of a gigabyte."""
BESIDE = 2.2
"""Peak memory over that of the widest place: 1.4 to 2.1 as measured with both backends and five folds."""
DEFAULT_GB = 3.0
"""For the prediction of a CT where more is free: what a computer of 8 GB can spare."""
PROCESS_GB = 0.6
"""Python with the libraries and the weights, and what reading a CT leaves behind."""
HELD_IMAGES = 2
"""The image, and as much again for the quantised maps of the two classes that are kept."""


def working_bytes(ensemble: Ensemble, tile: Sequence[int], bytes_per_value: int) -> int:
    """Peak memory of the features while a tile (z, y, x) is computed, one fold after the other.

    The widest place is either a convolution's input and output, or the first 1x1x1 layer, where the subsampled
    pathway's part is repeated beside the normal one's.
    """
    weights = ensemble.weights[0]
    layers = [*weights.normal, weights.classifier_by_pathway()[0]]
    sizes = [side + field - 1 for side, field in zip(tile, ensemble.architecture.receptive_field, strict=True)]
    widest = 0
    for layer in layers:
        after = [size - kernel + 1 for size, kernel in zip(sizes, layer.weight.shape[2:], strict=True)]
        widest = max(widest, layer.weight.shape[1] * prod(sizes) + layer.weight.shape[0] * prod(after))
        sizes = after
    hidden = [layer.weight.shape[0] for layer in weights.classifier]
    widest = max(widest, (2 * hidden[0] + max(hidden[0], hidden[1])) * prod(tile))
    return int(BESIDE * bytes_per_value * widest)


def largest_tile(ensemble: Ensemble, bytes_per_value: int, memory_gb: float) -> int:
    """The side of the largest cube, up to `LARGEST_TILE`, whose features fit; at least `SMALLEST_TILE`."""
    sides = range(LARGEST_TILE, SMALLEST_TILE, -max(ensemble.architecture.subsampling_factor))
    budget = memory_gb * GIGABYTE
    fitting = (side for side in sides if working_bytes(ensemble, [side] * 3, bytes_per_value) <= budget)
    return next(fitting, SMALLEST_TILE)


def tile_memory_gb(image_bytes: int, memory_gb: float | None, device_memory_gb: float | None) -> float:
    """What a tile's features may take, in 10^9 bytes; below 0 where the rest takes all.

    Args:
        image_bytes: Of the network's image.
        memory_gb: For the whole prediction of the CT, or of a device's own memory. None takes half of what is free; of
            the host's not more than `DEFAULT_GB`.
        device_memory_gb: Free on a device with memory of its own, where a tile is all there is; None for the host's.
    """
    if device_memory_gb is not None:
        return device_memory_gb / 2 if memory_gb is None else memory_gb
    whole = min(free_memory_gb() / 2, DEFAULT_GB) if memory_gb is None else memory_gb
    return whole - PROCESS_GB - HELD_IMAGES * image_bytes / GIGABYTE


def free_memory_gb() -> float:
    """Memory that a new process can have without swapping."""
    import psutil

    return float(psutil.virtual_memory().available) / GIGABYTE
