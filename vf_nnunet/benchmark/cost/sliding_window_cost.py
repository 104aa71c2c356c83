"""Time nnU-Net's sliding window over a CT, measured on a few windows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from statistics import median

import torch
from nnunetv2.inference.sliding_window_prediction import compute_steps_for_sliding_window
from torch import Tensor

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


def sliding_window_cost(
    forward: Callable[[Tensor], Tensor],
    patch: Sequence[int],
    image_shape: Sequence[int],
    measured: int,
    device: torch.device,
) -> SlidingWindowCost:
    """Time a few windows of random values, after one for warming up.

    Args:
        forward: Computes the logits of a window (1, 1, z, y, x).
        patch: Size of a window (z, y, x) in voxels.
        image_shape: Size of the resampled CT (z, y, x) in voxels.
        measured: Number of windows to time.
        device: Device that computes.
    """
    window = torch.randn((1, 1, *patch), device=device)
    seconds = median_seconds(lambda: forward(window), measured)
    return SlidingWindowCost(window_count(patch, image_shape), seconds)


def window_count(patch: Sequence[int], image_shape: Sequence[int]) -> int:
    """Number of nnU-Net's windows over an image (z, y, x), which is padded to at least one window."""
    padded = [max(size, side) for size, side in zip(image_shape, patch, strict=True)]
    return prod(len(steps) for steps in compute_steps_for_sliding_window(padded, patch, TILE_STEP))


def median_seconds(work: Callable[[], Tensor], repeats: int) -> float:
    """Median wall time of `work` after one run that is not counted; reads a value, to wait for the device."""
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        work().flatten()[0].item()
        times.append(time.perf_counter() - started)
    return median(times[1:])
