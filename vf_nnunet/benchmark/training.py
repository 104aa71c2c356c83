"""Train the folds of an arm with nnU-Net's command, and measure time and memory."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.cost.measured_process import run_measured
from vf_nnunet.benchmark.reuse import check_reuse, record_new
from vf_nnunet.nnunet.folds import is_begun, is_finished
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT
from vf_nnunet.nnunet.paths import trainer_environment
from vf_nnunet.nnunet.train_command import fold_arguments, training_command

MILLION = 1e6


def check_trained(arms: Sequence[Arm], folds: Sequence[int], device: str) -> list[str]:
    """Check every fold that has been trained before, so that the benchmark stops before it trains anything.

    Returns:
        Sentences on what is unknown, for the notes of the table.

    Raises:
        InputError: If a fold was trained from other data, with other settings or on another kind of device than now.
    """
    notes: list[str] = []
    problems: list[str] = []
    for arm in arms:
        for fold in folds:
            try:
                notes += check_reuse(arm, fold, device)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return notes


def train(arm: Arm, folds: Sequence[int], device: str, output: Path) -> None:
    """Train the folds that are not finished; an interrupted fold continues from its last checkpoint.

    Args:
        arm: The arm to train; its folds are checked (`check_trained`).
        folds: Folds to train.
        device: nnU-Net's name of the device.
        output: Folder of the benchmark, for the log and the memory of each training.

    Raises:
        InputError: If a training fails; the message names its log.
    """
    for fold in tqdm(folds, desc=f"training {arm.folder.name}", unit="fold"):
        if is_finished(arm.fold(fold), arm.softmax_files):
            continue
        if not is_begun(arm.fold(fold)):
            record_new(arm, fold)
        log = output / "logs" / f"{arm.folder.name}_fold_{fold}.log"
        identity = fold_arguments(arm.dataset_id, arm.configuration, fold, arm.trainer, arm.plans)
        command = training_command(identity, device, arm.fold(fold), arm.softmax_files)
        cost = run_measured(command, log, trainer_environment(os.environ))
        # A fold that is trained in several runs has the largest peak of all.
        peak = max(cost.peak_gb, _recorded_peak(arm, fold, output) or 0.0)
        write_json(_memory_record(arm, fold, output), asdict(cost) | {"peak_gb": peak})


def describe_training(arm: Arm, folds: Sequence[int], output: Path, computation: Computation) -> dict[str, Any]:
    """Length, time and memory of the training.

    The time is that of the epochs, including nnU-Net's validation in each, from the log in the checkpoints; a fold
    that was trained in several runs counts once. Voxels are those of the epochs that ran: a training can end early.
    Memory is known only for folds that this benchmark has trained.

    Args:
        arm: The arm.
        folds: Its trained folds.
        output: Folder of the benchmark.
        computation: How the arm trains.
    """
    seconds = [epoch_seconds(arm.fold(fold) / FINAL_CHECKPOINT) for fold in folds]
    epochs = sum(map(len, seconds))
    total = sum(map(sum, seconds))
    peaks = [peak for fold in folds if (peak := _recorded_peak(arm, fold, output)) is not None]
    return {
        "trainer": arm.trainer,
        "plans": arm.plans,
        **computation.describe(),
        "folds": len(folds),
        "epochs_planned": arm.length.epochs,
        "epochs_run_per_fold": epochs / len(folds),
        "batches_per_epoch": arm.length.iterations,
        "batch_size": arm.planned()["batch_size"],
        "patch": "x".join(map(str, arm.planned()["patch_size"])),
        "seconds_per_fold": total / len(folds),
        "voxels_touched_per_fold": arm.voxels_touched(epochs) // len(folds),
        "voxels_learned_per_fold": arm.voxels_learned(epochs) // len(folds),
        "seconds_per_million_voxels_touched": total / arm.voxels_touched(epochs) * MILLION,
        "seconds_per_million_voxels_learned": total / arm.voxels_learned(epochs) * MILLION,
        "peak_gb": max(peaks, default=None),
        "measured": "all epochs that ran",
    }


def epoch_seconds(checkpoint: Path) -> list[float]:
    """Seconds of each epoch, from the log in a checkpoint."""
    import torch

    logged = torch.load(checkpoint, map_location="cpu", weights_only=False)["logging"]
    times = zip(logged["epoch_start_timestamps"], logged["epoch_end_timestamps"], strict=True)
    return [ended - started for started, ended in times]


def _recorded_peak(arm: Arm, fold: int, output: Path) -> float | None:
    path = _memory_record(arm, fold, output)
    peak = json.loads(path.read_text(encoding="utf-8")).get("peak_gb") if path.is_file() else None
    return None if peak is None else float(peak)


def _memory_record(arm: Arm, fold: int, output: Path) -> Path:
    return output / "logs" / f"{arm.folder.name}_fold_{fold}.json"
