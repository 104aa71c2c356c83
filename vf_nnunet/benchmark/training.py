"""Train the folds of an arm with nnU-Net's command, and measure time and memory."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dataset_conversion.spine.files import write_json
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.measured_process import run_measured
from vf_nnunet.nnunet.fold_record import check_recorded
from vf_nnunet.nnunet.folds import is_finished, is_trained
from vf_nnunet.nnunet.names import PLANS
from vf_nnunet.nnunet.paths import dataset_folder, trainer_environment
from vf_nnunet.nnunet.train_command import fold_arguments, training_command

MILLION = 1e6


def train(arm: Arm, folds: Sequence[int], device: str, output: Path) -> None:
    """Train the folds that are not finished; an interrupted fold continues from its last checkpoint.

    Args:
        arm: The arm to train.
        folds: Folds to train.
        device: nnU-Net's name of the device.
        output: Folder of the benchmark, for the log and the memory of each training.

    Raises:
        InputError: If a training fails, where the message names its log, or a fold was trained from other data or plans
            than there are now.
    """
    for fold in tqdm(folds, desc=f"training {arm.trainer}", unit="fold"):
        if arm.plans == PLANS:
            preprocessed = dataset_folder("nnUNet_preprocessed", arm.dataset_id)
            check_recorded(arm.fold(fold), preprocessed, arm.configuration, fold, is_trained(arm.fold(fold)))
        if not is_finished(arm.fold(fold), arm.softmax_files):
            log = output / "logs" / f"{arm.folder.name}_fold_{fold}.log"
            identity = fold_arguments(arm.dataset_id, arm.configuration, fold, arm.trainer, arm.plans)
            command = training_command(identity, device, arm.fold(fold), arm.softmax_files)
            cost = run_measured(command, log, trainer_environment(os.environ))
            write_json(_memory_record(arm, fold, output), asdict(cost))


def describe_training(arm: Arm, folds: Sequence[int], output: Path) -> dict[str, Any]:
    """Length, time and memory of the training.

    The time is that of the epochs, including nnU-Net's validation in each, from the log in the checkpoints; a fold
    that was trained in several runs counts once. Memory is known only for folds that this benchmark has trained.
    """
    seconds = [epoch_seconds(arm.fold(fold) / "checkpoint_final.pth") for fold in folds]
    trained = [arm.length.epochs * arm.length.iterations, sum(map(len, seconds))]
    mean = sum(map(sum, seconds)) / len(folds)
    records = [path for path in (_memory_record(arm, fold, output) for fold in folds) if path.is_file()]
    costs = [json.loads(path.read_text(encoding="utf-8")) for path in records]
    peaks = [cost["peak_gb"] for cost in costs if "peak_gb" in cost]
    return {
        "trainer": arm.trainer,
        "plans": arm.plans,
        "folds": len(folds),
        "epochs": trained[1] // len(folds),
        "batches_per_epoch": arm.length.iterations,
        "batch_size": arm.planned()["batch_size"],
        "patch": "x".join(map(str, arm.planned()["patch_size"])),
        "seconds_per_fold": mean,
        "voxels_read_per_fold": arm.voxels_read(),
        "voxels_learned_per_fold": arm.voxels_learned(),
        "seconds_per_million_voxels_read": mean / arm.voxels_read() * MILLION,
        "seconds_per_million_voxels_learned": mean / arm.voxels_learned() * MILLION,
        "peak_gb": max(peaks, default=None),
    }


def epoch_seconds(checkpoint: Path) -> list[float]:
    """Seconds of each epoch, from the log in a checkpoint."""
    import torch

    logged = torch.load(checkpoint, map_location="cpu", weights_only=False)["logging"]
    times = zip(logged["epoch_start_timestamps"], logged["epoch_end_timestamps"], strict=True)
    return [ended - started for started, ended in times]


def _memory_record(arm: Arm, fold: int, output: Path) -> Path:
    return output / "logs" / f"{arm.folder.name}_fold_{fold}.json"
