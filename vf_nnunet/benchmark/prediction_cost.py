"""Whole prediction commands timed on one CT: from its file to the files that a user gets."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from dataset_conversion.images.volume import Volume, read_volume, to_canonical, write_volume
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.measured_process import ProcessCost, run_measured
from vf_nnunet.nnunet.paths import nnunet_command, trainer_environment

CASE = "ct"


def describe_own_prediction(arm: Arm, fold: int, ct: Path, device: str, log: Path) -> dict[str, Any]:
    """`vf_nnunet predict` with one fold."""
    with tempfile.TemporaryDirectory() as folder:
        image = _input_folder(ct, Path(folder)) / f"{CASE}_0000.nii.gz"
        options = ["-i", str(image), "-o", f"{folder}/maps", "-m", str(arm.folder), "-f", str(fold), "-device", device]
        cost = run_measured([sys.executable, "-m", "vf_nnunet", "predict", *options], log, os.environ)
    return _described(ct, cost, None)


def describe_default_prediction(arm: Arm, fold: int, ct: Path, device: str, log: Path) -> dict[str, Any]:
    """`nnUNetv2_predict` with one fold, without mirroring and as it ships."""
    with tempfile.TemporaryDirectory() as folder:
        image = _input_folder(ct, Path(folder))
        identity = ["-d", str(arm.dataset_id), "-tr", arm.trainer, "-p", arm.plans, "-c", arm.configuration]
        options = [*identity, "-f", str(fold), "-device", device, "-i", str(image)]
        command = [nnunet_command("nnUNetv2_predict"), *options]
        environment = trainer_environment(os.environ)
        plain = run_measured([*command, "-o", f"{folder}/plain", "--disable_tta"], log, environment)
        mirrored = run_measured([*command, "-o", f"{folder}/mirrored"], log, environment)
    return _described(ct, plain, mirrored)


def _input_folder(ct: Path, folder: Path) -> Path:
    """A folder with the CT as nnU-Net wants it, whatever its format was."""
    volume: Volume = to_canonical(read_volume(ct))
    images = folder / "images"
    images.mkdir()
    write_volume(images / f"{CASE}_0000.nii.gz", volume, volume.array.dtype)
    return images


def _described(ct: Path, plain: ProcessCost, mirrored: ProcessCost | None) -> dict[str, Any]:
    return {
        "ct": ct.name,
        "seconds": plain.seconds,
        "seconds_with_mirroring": mirrored.seconds if mirrored else None,
        "peak_gib": max(cost.peak_gib for cost in (plain, mirrored) if cost),
        "measured": "whole command",
    }
