"""Memory of a training step of nnU-Net's networks, so that one that does not fit is left out instead of ended."""

from collections.abc import Mapping
from typing import Any

import psutil
import torch
from torch import Tensor, nn

from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.cost.default_forward import default_network
from vf_nnunet.benchmark.cost.measured_process import GIGABYTE
from vf_nnunet.benchmark.cost.network_cost import CHANNELS

LAYERS = (nn.Conv3d, nn.ConvTranspose3d, nn.InstanceNorm3d, nn.LeakyReLU)
"""Layers whose outputs torch keeps for the gradients."""

BYTES_KEPT = {True: 3, False: 4}
"""Bytes per kept value in half precision, where normalisations stay in float32, and in float32."""
STEP_FACTOR = 1.6
"""Peak of a step relative to the kept activations. On a CPU, steps of a small default nnU-Net and of a small ResEncM in
float32 and bfloat16 peaked at 0.72, 0.44, 0.84 and 0.67 GB, where `step_gb` gives 0.72, 0.54, 0.91 and 0.68."""


def training_problem(planned: Mapping[str, Any], classes: int, computation: Computation) -> dict[str, Any] | None:
    """Values for the table if a training step does not fit into the free memory; None if it does."""
    needed, free = step_gb(planned, classes, computation), free_gb(computation.device)
    if needed <= free:
        return None
    return {**computation.describe(), "measured": f"left out: needs about {needed:.0f} GB, {free:.0f} GB are free"}


def step_gb(planned: Mapping[str, Any], classes: int, computation: Computation) -> float:
    """Peak memory of a training step in GB, estimated from the activations of a pass that computes only shapes."""
    values = 0

    def add(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal values
        in_place = isinstance(module, nn.LeakyReLU) and module.inplace
        values += 0 if in_place else output.numel()

    network = default_network(planned, CHANNELS, classes).to("meta")
    for module in network.modules():
        if isinstance(module, LAYERS):
            module.register_forward_hook(add)
    with torch.inference_mode():
        network(torch.empty((1, CHANNELS, *planned["patch_size"]), device="meta"))
    kept = planned["batch_size"] * values * BYTES_KEPT[computation.half]
    return float(STEP_FACTOR * kept / GIGABYTE)


def free_gb(device: str) -> float:
    """Free memory of the device that computes, in GB."""
    if torch.device(device).type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0] / GIGABYTE)
    return float(psutil.virtual_memory().available / GIGABYTE)
