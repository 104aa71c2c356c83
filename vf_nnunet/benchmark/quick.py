"""The quick benchmark: speed measured on a few batches and windows, and extrapolated.

Only the networks are timed, without program start, reading, resampling and writing. nnU-Net need not be trained.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.volume import Volume
from vf_nnunet.benchmark.accuracy import Record
from vf_nnunet.benchmark.arms import OWN, Arm
from vf_nnunet.benchmark.cost.computation import Computation, default_computations, own_computations, own_training
from vf_nnunet.benchmark.cost.counting_backend import CountingBackend
from vf_nnunet.benchmark.cost.default_forward import DefaultForward, default_network
from vf_nnunet.benchmark.cost.network_cost import CHANNELS, count_block, count_default, describe_network
from vf_nnunet.benchmark.cost.sliding_window_cost import median_seconds, sliding_window_cost
from vf_nnunet.benchmark.cost.training_memory import training_problem
from vf_nnunet.benchmark.ratios import add_ratios, column_of
from vf_nnunet.benchmark.training import MILLION
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.preprocessing import Preprocessing, preprocess
from vf_nnunet.inference.tiling import TilingSettings
from vf_nnunet.model.open_model import open_model
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT
from vf_nnunet.region.prediction import plan_region, predict_region
from vf_nnunet.screening.case import ScreeningSettings

MACS_TO_TFLOP = 2e-12
BACKWARD = 3
"""A training step computes the forward pass, and twice as much for the gradients."""
QUICK_NOTES = (
    "Quick: only the networks were timed; nothing was trained or scored. The rows named measured say on how many "
    "batches, windows or tiles a figure rests. The first run of a batch or window is not counted; this model's pass "
    "over the CT counts the preparation of its backend.",
    "A training step is a forward and a backward pass with cross-entropy, without loading, optimiser, validation, deep "
    "supervision and Dice loss; nnU-Net also needs the last two. nnU-Net's sliding window is timed without weighting "
    "and adding up the windows.",
)


def run_quick(
    own: Arm, others: Mapping[str, Arm], fold: int, ct: Path, repeats: int, device: torch.device
) -> tuple[dict[str, Record], list[str]]:
    """Time all networks, each in its computations.

    Args:
        own: This model, with a trained fold.
        others: Default nnU-Net and its presets by column.
        fold: The trained fold.
        ct: CT whose prediction is timed.
        repeats: Number of batches and windows to measure.
        device: Device that computes.

    Returns:
        The columns of the table, and the notes below it.
    """
    timed = (fold, ct, repeats)
    records = {}
    trained: dict[Computation, dict[str, Any]] = {}
    for number, computation in enumerate(own_computations(device)):
        records[column_of(OWN, computation, number)] = quick_own(own, *timed, computation, trained)
    for name, arm in others.items():
        for number, computation in enumerate(default_computations(device)):
            records[column_of(name, computation, number)] = quick_default(arm, *timed, computation)
    return add_ratios(records), list(QUICK_NOTES)


def quick_own(
    arm: Arm, fold: int, ct: Path, repeats: int, computation: Computation, trained: dict[Computation, dict[str, Any]]
) -> Record:
    """Time this network: `repeats` training batches, and one pass over the CT by a trained fold.

    Args:
        arm: This model.
        fold: The trained fold.
        ct: CT whose prediction is timed.
        repeats: Number of training batches to measure.
        computation: How the prediction is computed; the training is computed by torch in the same precision.
        trained: Values of the training by computation, so that none is timed twice; new ones are added.
    """
    planned = arm.planned()
    architecture = Architecture.from_kwargs(planned["architecture"]["arch_kwargs"])
    training = computation if computation.backend == "torch" else own_training(torch.device(computation.device))
    if training not in trained:
        network = build_network(architecture, CHANNELS, arm.classes, valid=True)
        macs = count_block(architecture, planned["patch_size"], arm.classes)
        trained[training] = _training(network, arm, repeats, training, macs)
    return {
        "network": describe_network(planned, arm.classes, arm.fold(fold) / FINAL_CHECKPOINT),
        "training": trained[training],
        "prediction": {"ct": ct.name, **_own_prediction(arm.folder, fold, read_ct(ct), computation)},
    }


def quick_default(arm: Arm, fold: int, ct: Path, repeats: int, computation: Computation) -> Record:
    """Time nnU-Net with random weights: `repeats` training batches, and as many windows of the CT."""
    planned, order = arm.planned(), arm.axis_order()
    network = default_network(planned, CHANNELS, arm.classes)
    _, macs = count_default(planned, arm.classes)
    volume = read_ct(ct)
    spacing = [planned["spacing"][order.index(axis)] for axis in range(3)]
    axes = zip(volume.array.shape, volume.spacing, spacing, strict=True)
    shape = [round(size * old / new) for size, old, new in axes]
    patch = planned["patch_size"]
    forward = DefaultForward(network, computation)
    device = torch.device(computation.device)
    cost = sliding_window_cost(forward, patch, [shape[axis] for axis in order], repeats, device)
    described = {
        "network": describe_network(planned, arm.classes, arm.fold(fold) / FINAL_CHECKPOINT),
        "prediction": {
            "ct": ct.name,
            **computation.describe(),
            "output": f"segmentation on the CT's grid, from logits on {_times(shape)} voxels",
            "seconds": cost.seconds,
            "seconds_with_mirroring": cost.seconds_with_mirroring,
            "seconds_with_default_mirroring": cost.seconds_with_mirroring,
            **_rates(shape, cost.windows * _product(patch), cost.windows * macs, cost.seconds),
            "measured": f"network alone; median of {repeats} runs of a window of {_times(patch)}, "
            f"times {cost.windows} windows",
        },
    }
    if computation.backend == "torch":
        described["training"] = training_problem(planned, arm.classes, computation) or _training(
            network.train(), arm, repeats, computation, macs
        )
    return described


def _own_prediction(folder: Path, fold: int, ct: Volume, computation: Computation) -> dict[str, Any]:
    """Time one fold's pass over the preprocessed CT, as `vf_nnunet predict` computes it."""
    model = open_model(folder, [str(fold)])
    image = preprocess(ct.array, ct.affine, Preprocessing.from_entries(model.card.preprocessing, model.card.name))
    air_below = ScreeningSettings().air_below
    tiling = TilingSettings(air_below=None if air_below is None else image.scale.intensity(air_below))
    opened = open_backend(model.ensemble, computation.backend, computation.device, computation.backend_precision)
    backend = CountingBackend(opened)
    started = time.perf_counter()
    plan = plan_region(backend, image.array, tiling)
    for _ in predict_region(backend, image.array, plan, progress=True):
        pass
    seconds = time.perf_counter() - started
    shape = image.array.shape[1:]
    return {
        **computation.describe(),
        "output": f"probability maps of {_times(shape)} voxels of 1 mm",
        "seconds": seconds,
        "seconds_with_mirroring": None,
        "seconds_with_default_mirroring": seconds,
        **_rates(shape, backend.voxels_touched, backend.macs, seconds),
        "measured": f"network alone; {plan.computed.computed_share:.1%} of the CT ({plan.computed.reason}; tiles: "
        f"{backend.blocks}); nothing is extrapolated",
    }


def _rates(shape: Any, touched: int, macs: int, seconds: float) -> dict[str, Any]:
    return {
        "voxels": _times(shape),
        "million_voxels_predicted": _product(shape) / MILLION,
        "million_voxels_touched": touched / MILLION,
        "tera_multiply_adds": macs / 1e12,
        "tflop_per_second": macs * MACS_TO_TFLOP / seconds,
    }


def _training(
    network: nn.Module, arm: Arm, batches: int, computation: Computation, macs_per_segment: int
) -> dict[str, Any]:
    """Time forward and backward passes of the arm's batches, without loading and without the optimiser."""
    planned = arm.planned()
    network = network.to(computation.device)
    batch = torch.randn(planned["batch_size"], CHANNELS, *planned["patch_size"], device=computation.device)

    def step() -> torch.Tensor:
        network.zero_grad()
        with computation.autocast:
            output = network(batch)
            logits = output[0] if isinstance(output, list) else output
            loss = cross_entropy(logits, torch.zeros_like(logits[:, 0], dtype=torch.long))
        loss.backward()
        return loss

    seconds = median_seconds(step, batches)
    batches_per_fold = arm.length.epochs * arm.length.iterations
    return {
        **computation.describe(),
        "patch": _times(planned["patch_size"]),
        "batch_size": planned["batch_size"],
        "seconds_per_batch": seconds,
        "tflop_per_second": BACKWARD * planned["batch_size"] * macs_per_segment * MACS_TO_TFLOP / seconds,
        "seconds_per_fold": seconds * batches_per_fold,
        "seconds_per_million_voxels_touched": seconds * batches_per_fold / arm.voxels_touched() * MILLION,
        "seconds_per_million_voxels_learned": seconds * batches_per_fold / arm.voxels_learned() * MILLION,
        "measured": f"median of {batches} batches; a fold is extrapolated to {batches_per_fold:,} batches",
    }


def _times(sizes: Any) -> str:
    return "x".join(map(str, sizes))


def _product(sizes: Any) -> int:
    return int(torch.Size(sizes).numel())
