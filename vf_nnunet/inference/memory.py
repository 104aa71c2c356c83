"""Plan the largest tile that fits into the memory."""

from collections.abc import Sequence
from math import prod

from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.network.cost import GIGABYTE

LARGEST_TILE = 150
"""Side in voxels. Larger tiles gain little: at this side, a seventh of the work is repeated in neighbouring tiles."""
SMALLEST_TILE = 48
"""Side in voxels. Smaller tiles would be mostly context, so this one is computed even if it does not fit; it takes a
third of a gigabyte."""
OVERHEAD = 2.2
"""Peak memory relative to that of the widest layer: 1.4 to 2.1 was measured with both backends and five folds."""
DEFAULT_GB = 3.0
"""Memory for the prediction of a CT if more is free: what a computer with 8 GB can spare."""
PROCESS_GB = 0.6
"""Memory of Python with the libraries and the weights, including what stays allocated after reading a CT."""


def working_bytes(ensemble: Ensemble, tile: Sequence[int], bytes_per_value: int) -> int:
    """Peak memory of the features while a tile (z, y, x) is computed, one fold after the other.

    The peak is either at a convolution's input and output, or at the first 1x1x1 layer, where the subsampled pathway's
    output is repeated beside the normal pathway's.
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
    return int(OVERHEAD * bytes_per_value * widest)


def largest_tile(ensemble: Ensemble, bytes_per_value: int, memory_gb: float) -> int:
    """Side of the largest cube whose features fit, between `SMALLEST_TILE` and `LARGEST_TILE`."""
    sides = range(LARGEST_TILE, SMALLEST_TILE, -max(ensemble.architecture.subsampling_factor))
    budget = memory_gb * GIGABYTE
    fitting = (side for side in sides if working_bytes(ensemble, [side] * 3, bytes_per_value) <= budget)
    return next(fitting, SMALLEST_TILE)


def tile_memory_gb(held_bytes: int, memory_gb: float | None, device_memory_gb: float | None) -> float:
    """Memory for the features of a tile, in 10^9 bytes; negative if everything else takes more than there is.

    Args:
        held_bytes: Size of the network's image and of the result that is kept beside it.
        memory_gb: Memory for the whole prediction of the CT, or of a device with its own memory. None takes half of
            what is free, but at most `DEFAULT_GB` of the host's memory.
        device_memory_gb: Free memory of a device that has its own, which holds nothing but a tile; None if the host's
            memory is used.
    """
    if device_memory_gb is not None:
        return device_memory_gb / 2 if memory_gb is None else memory_gb
    whole = min(free_memory_gb() / 2, DEFAULT_GB) if memory_gb is None else memory_gb
    return whole - PROCESS_GB - held_bytes / GIGABYTE


def free_memory_gb() -> float:
    """Memory that a new process can take without swapping, in 10^9 bytes."""
    import psutil

    return float(psutil.virtual_memory().available) / GIGABYTE
