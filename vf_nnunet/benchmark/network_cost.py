"""Parameters and multiply-adds per voxel of a network."""

from math import prod
from pathlib import Path
from typing import Any

from vf_nnunet.benchmark.sliding_window_cost import default_network
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.nnunet.names import NETWORK_CLASS
from vf_nnunet.planning.network_summary import summarise

CHANNELS, CLASSES = 1, 3
"""One channel, the CT; background, normal, fracture. The ignore label has no output of its own."""
MEGABYTE = 1e6


def describe_network(planned: dict[str, Any], checkpoint: Path) -> dict[str, Any]:
    """Parameters, multiply-adds per voxel in one pass, and size of a fold's checkpoint.

    Args:
        planned: The configuration in the plans.
        checkpoint: Checkpoint of a finished fold; if it is missing, its size is None.
    """
    if planned["architecture"]["network_class_name"] == NETWORK_CLASS:
        summary = summarise(Architecture.from_kwargs(planned["architecture"]["arch_kwargs"]), CHANNELS, CLASSES)
        parameters, macs = summary["parameters"], summary["macs_per_voxel"]
    else:
        parameters, macs = _count_default(planned)
    return {
        "parameters": parameters,
        "macs_per_voxel": macs,
        "model_file_megabytes": checkpoint.stat().st_size / MEGABYTE if checkpoint.is_file() else None,
    }


def _count_default(planned: dict[str, Any]) -> tuple[int, int]:
    """Parameters and multiply-adds per voxel of a window, counted in a pass that computes only shapes."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    network = default_network(planned, CHANNELS, CLASSES).to("meta")
    window = torch.empty((1, CHANNELS, *planned["patch_size"]), device="meta")
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(window)
    # A multiply-add is two operations.
    macs = counter.get_total_flops() / 2 / prod(planned["patch_size"])
    return sum(weight.numel() for weight in network.parameters()), round(macs)
