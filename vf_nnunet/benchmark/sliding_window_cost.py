"""Time default nnU-Net's sliding window over a CT, measured on a few windows."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from nnunetv2.inference.sliding_window_prediction import compute_steps_for_sliding_window
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from torch import Tensor, nn

TILE_STEP = 0.5
MIRRORINGS = 8
"""Passes over each window with nnU-Net's default test-time mirroring along three axes."""


@dataclass(frozen=True)
class SlidingWindowCost:
    """Measured on a few windows and extrapolated to the whole CT.

    Attributes:
        windows: Number of windows with nnU-Net's step of half a patch.
        seconds_per_window: Median over the measured windows.
    """

    windows: int
    seconds_per_window: float

    @property
    def seconds(self) -> float:
        """Seconds of one pass over the CT without mirroring."""
        return self.windows * self.seconds_per_window

    @property
    def seconds_with_mirroring(self) -> float:
        """Seconds with mirroring, nnU-Net's default."""
        return self.seconds * MIRRORINGS


def default_network(configuration: dict[str, Any], channels: int, classes: int) -> nn.Module:
    """The network of a configuration in nnU-Net's own plans."""
    architecture = configuration["architecture"]
    network: nn.Module = get_network_from_plans(
        architecture["network_class_name"],
        architecture["arch_kwargs"],
        architecture["_kw_requires_import"],
        channels,
        classes,
        deep_supervision=False,
    )
    return network.eval()


def sliding_window_cost(
    network: nn.Module, patch: Sequence[int], image_shape: Sequence[int], measured: int, device: torch.device
) -> SlidingWindowCost:
    """Time a few windows, after one for warming up.

    Args:
        network: The network, in evaluation mode on the device.
        patch: Size of a window (z, y, x) in voxels.
        image_shape: Size of the resampled CT (z, y, x) in voxels.
        measured: Number of windows to time.
        device: Device that computes.
    """
    padded = [max(size, side) for size, side in zip(image_shape, patch, strict=True)]
    windows = prod(len(steps) for steps in compute_steps_for_sliding_window(padded, patch, TILE_STEP))
    window = torch.zeros((1, 1, *patch), device=device)
    with torch.inference_mode(), nnunet_precision(device):
        seconds = median_seconds(lambda: network(window), measured)
    return SlidingWindowCost(windows, seconds)


def nnunet_precision(device: torch.device) -> AbstractContextManager[object]:
    """nnU-Net's precision: half precision on a GPU, float32 on a CPU."""
    return torch.autocast("cuda") if device.type == "cuda" else nullcontext()


def median_seconds(work: Callable[[], Tensor], repeats: int) -> float:
    """Median wall time of `work` after one run that is not counted; reads a value, to wait for the device."""
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        work().flatten()[0].item()
        times.append(time.perf_counter() - started)
    return sorted(times[1:])[repeats // 2]
