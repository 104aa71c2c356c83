"""Parameters, multiply-adds and voxels read of a network."""

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from vf_nnunet.benchmark.cost.default_forward import default_network
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.cost import Pass, passes
from vf_nnunet.nnunet.names import NETWORK_CLASS
from vf_nnunet.planning.network_summary import summarise

CHANNELS = 1
"""The CT."""
MEGABYTE = 1e6


def describe_network(planned: dict[str, Any], classes: int, checkpoint: Path) -> dict[str, Any]:
    """Parameters, multiply-adds per voxel in one pass, and size of a fold's checkpoint.

    Args:
        planned: The configuration in the plans.
        classes: Outputs of the network.
        checkpoint: Checkpoint of a finished fold; if it is missing, its size is None.
    """
    if planned["architecture"]["network_class_name"] == NETWORK_CLASS:
        summary = summarise(Architecture.from_kwargs(planned["architecture"]["arch_kwargs"]), CHANNELS, classes)
        parameters, macs = summary["parameters"], summary["macs_per_voxel"]
    else:
        parameters, window = count_default(planned, classes)
        macs = round(window / prod(planned["patch_size"]))
    return {
        "parameters": parameters,
        "macs_per_voxel": macs,
        "model_file_megabytes": checkpoint.stat().st_size / MEGABYTE if checkpoint.is_file() else None,
    }


def count_default(planned: Mapping[str, Any], classes: int) -> tuple[int, int]:
    """Parameters, and multiply-adds of a window, counted in a pass that computes only shapes."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    network = default_network(planned, CHANNELS, classes).to("meta")
    window = torch.empty((1, CHANNELS, *planned["patch_size"]), device="meta")
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(window)
    # A multiply-add is two operations.
    return sum(weight.numel() for weight in network.parameters()), counter.get_total_flops() // 2


def count_block(architecture: Architecture, block: Sequence[int], classes: int) -> int:
    """Multiply-adds of this network for a block of an image or a training patch, with its context (z, y, x)."""
    return sum(layer.macs for layer in _passes(architecture, block, classes))


def touched_voxels(architecture: Architecture, block: Sequence[int]) -> int:
    """Voxels that the first convolutions of both pathways read in a block, with its context (z, y, x).

    The normal pathway reads less of the context than the subsampled one, which reads one voxel in each subsampling
    block.
    """
    first = (layer for layer in _passes(architecture, block, classes=1) if not layer.activated)
    return sum(layer.in_voxels for layer in first)


def _passes(architecture: Architecture, block: Sequence[int], classes: int) -> list[Pass]:
    predicted = [size - 2 * margin for size, margin in zip(block, architecture.context, strict=True)]
    return passes(architecture, predicted, CHANNELS, classes)
