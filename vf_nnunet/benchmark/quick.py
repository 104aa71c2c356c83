"""The quick benchmark: speed measured on a few patches and extrapolated.

Only the networks are timed, without program start, reading, resampling and writing. Default nnU-Net need not be
trained.
"""

import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.volume import Volume
from vf_nnunet.benchmark.accuracy import Record
from vf_nnunet.benchmark.arms import DEFAULT, OWN, Arm
from vf_nnunet.benchmark.network_cost import CHANNELS, CLASSES, describe_network
from vf_nnunet.benchmark.sliding_window_cost import (
    default_network,
    median_seconds,
    nnunet_precision,
    sliding_window_cost,
)
from vf_nnunet.benchmark.training import MILLION
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.preprocessing import Preprocessing, preprocess
from vf_nnunet.inference.tiling import predict_probabilities
from vf_nnunet.model.open_model import open_model
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.device import precision
from vf_nnunet.network.dual_pathway import build_network

QUICK_NOTE = "Quick: only the networks were timed, on a few patches, and extrapolated; nothing was trained or scored."


def run_quick(
    own: Arm, default: Arm, fold: int, ct: Path, patches: int, device: torch.device
) -> tuple[dict[str, Record], list[str]]:
    """Time both networks.

    Args:
        own: This model, with a trained fold.
        default: Default nnU-Net.
        fold: The trained fold.
        ct: CT whose prediction is timed.
        patches: Number of patches to measure.
        device: Device that computes.

    Returns:
        The columns of the table, and the notes below it.
    """
    timed = (fold, ct, patches, device)
    return {OWN: quick_own(own, *timed), DEFAULT: quick_default(default, *timed)}, [QUICK_NOTE]


def quick_own(arm: Arm, fold: int, ct: Path, patches: int, device: torch.device) -> Record:
    """Time this network: `patches` training batches, and one pass over the CT by a trained fold."""
    planned = arm.planned()
    architecture = Architecture.from_kwargs(planned["architecture"]["arch_kwargs"])
    network = build_network(architecture, CHANNELS, CLASSES, valid=True).to(device)
    seconds, voxels = _own_prediction(arm.folder, fold, read_ct(ct), device)
    return {
        "network": describe_network(planned, arm.fold(fold) / "checkpoint_final.pth"),
        "training": _training(network, arm, patches, device, precision(device)),
        "prediction": {
            "ct": ct.name,
            "voxels": "x".join(map(str, voxels)),
            "seconds": seconds,
            "seconds_with_mirroring": None,
            "measured": "network alone",
        },
    }


def quick_default(arm: Arm, fold: int, ct: Path, patches: int, device: torch.device) -> Record:
    """Time default nnU-Net with random weights: `patches` training batches, and as many windows of the CT."""
    planned, order = arm.planned(), arm.axis_order()
    network = default_network(planned, CHANNELS, CLASSES).to(device)
    volume = read_ct(ct)
    spacing = [planned["spacing"][order.index(axis)] for axis in range(3)]
    axes = zip(volume.array.shape, volume.spacing, spacing, strict=True)
    shape = [round(size * old / new) for size, old, new in axes]
    cost = sliding_window_cost(network, planned["patch_size"], [shape[axis] for axis in order], patches, device)
    patch = "x".join(map(str, planned["patch_size"]))
    return {
        "network": describe_network(planned, arm.fold(fold) / "checkpoint_final.pth"),
        "training": _training(network.train(), arm, patches, device, nnunet_precision(device)),
        "prediction": {
            "ct": ct.name,
            "voxels": "x".join(map(str, shape)),
            "seconds": cost.seconds,
            "seconds_with_mirroring": cost.seconds_with_mirroring,
            "measured": f"network alone, extrapolated from {patches} of {cost.windows} windows of {patch}",
        },
    }


def _own_prediction(folder: Path, fold: int, ct: Volume, device: torch.device) -> tuple[float, list[int]]:
    """Seconds of one fold's pass over the preprocessed CT, and the size (z, y, x) of that CT in voxels."""
    model = open_model(folder, [str(fold)])
    image = preprocess(ct.array, ct.affine, Preprocessing.from_entries(model.card.preprocessing, model.card.name)).array
    backend = open_backend(model.ensemble, device=str(device))
    started = time.perf_counter()
    predict_probabilities(backend, image, progress=True)
    return time.perf_counter() - started, list(image.shape[1:])


def _training(
    network: nn.Module, arm: Arm, batches: int, device: torch.device, autocast: AbstractContextManager[object]
) -> dict[str, Any]:
    """Time forward and backward passes of the arm's batches, without loading and without the optimiser."""
    planned = arm.planned()
    batch = torch.randn(planned["batch_size"], CHANNELS, *planned["patch_size"], device=device)

    def step() -> torch.Tensor:
        network.zero_grad()
        with autocast:
            output = network(batch)
            logits = output[0] if isinstance(output, list) else output
            loss = cross_entropy(logits, torch.zeros_like(logits[:, 0], dtype=torch.long))
        loss.backward()
        return loss

    seconds = median_seconds(step, batches)
    batches_per_fold = arm.length.epochs * arm.length.iterations
    return {
        "patch": "x".join(map(str, planned["patch_size"])),
        "seconds_per_fold": seconds * batches_per_fold,
        "seconds_per_million_voxels_read": seconds * batches_per_fold / arm.voxels_read() * MILLION,
        "seconds_per_million_voxels_learned": seconds * batches_per_fold / arm.voxels_learned() * MILLION,
        "measured": f"extrapolated from {batches} batches",
    }
