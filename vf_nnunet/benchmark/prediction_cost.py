"""Time whole prediction commands on one CT, from its file to the written result."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.volume import write_volume
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.measured_process import ProcessCost, run_measured
from vf_nnunet.nnunet.paths import nnunet_command, trainer_environment

CASE = "ct"


def describe_own_prediction(arm: Arm, fold: int, ct: Path, device: str, log: Path) -> dict[str, Any]:
    """Time `vf_nnunet predict` with one fold."""
    with tempfile.TemporaryDirectory() as folder:
        image = _input_folder(ct, Path(folder)) / f"{CASE}_0000.nii.gz"
        options = ["-i", str(image), "-o", f"{folder}/maps", "-m", str(arm.folder), "-f", str(fold), "-device", device]
        cost = run_measured([sys.executable, "-m", "vf_nnunet", "predict", *options], log, os.environ)
    return _describe(ct, cost, None)


def describe_default_prediction(arm: Arm, fold: int, ct: Path, device: str, log: Path) -> dict[str, Any]:
    """Time `nnUNetv2_predict` with one fold, without mirroring and with it, which is its default."""
    with tempfile.TemporaryDirectory() as folder:
        image = _input_folder(ct, Path(folder))
        identity = ["-d", str(arm.dataset_id), "-tr", arm.trainer, "-p", arm.plans, "-c", arm.configuration]
        options = [*identity, "-f", str(fold), "-device", device, "-i", str(image)]
        command = [nnunet_command("nnUNetv2_predict"), *options]
        environment = trainer_environment(os.environ)
        plain = run_measured([*command, "-o", f"{folder}/plain", "--disable_tta"], log, environment)
        mirrored = run_measured([*command, "-o", f"{folder}/mirrored"], log, environment)
    return _describe(ct, plain, mirrored)


def _input_folder(ct: Path, folder: Path) -> Path:
    """A folder with the CT in the format that nnU-Net expects."""
    volume = read_ct(ct)
    images = folder / "images"
    images.mkdir()
    write_volume(images / f"{CASE}_0000.nii.gz", volume, volume.array.dtype)
    return images


def _describe(ct: Path, plain: ProcessCost, mirrored: ProcessCost | None) -> dict[str, Any]:
    return {
        "ct": ct.name,
        "seconds": plain.seconds,
        "seconds_with_mirroring": mirrored.seconds if mirrored else None,
        "peak_gb": max(cost.peak_gb for cost in (plain, mirrored) if cost),
        "measured": "whole command",
    }
