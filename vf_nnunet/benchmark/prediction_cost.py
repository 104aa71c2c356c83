"""Time whole prediction commands on one CT, from its file to the written result."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.volume import write_volume
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.cost.measured_process import ProcessCost, run_measured
from vf_nnunet.nnunet.paths import nnunet_command, trainer_environment

CASE = "ct"
PROGRAM = "vf_nnunet.benchmark.predict_program"


def describe_own_prediction(arm: Arm, fold: int, ct: Path, computation: Computation, log: Path) -> dict[str, Any]:
    """Time `vf_nnunet predict` with one fold, as it is shipped."""
    with tempfile.TemporaryDirectory() as folder:
        image = _input_folder(ct, Path(folder)) / f"{CASE}_0000.nii.gz"
        options = ["-i", str(image), "-o", f"{folder}/maps", "-m", str(arm.folder), "-f", str(fold)]
        command = [sys.executable, "-m", "vf_nnunet", "predict", *options, "-device", computation.device]
        cost = run_measured(command, log, os.environ)
    return _describe(ct, computation, cost, None, "vf_nnunet predict")


def describe_default_prediction(arm: Arm, fold: int, ct: Path, computation: Computation, log: Path) -> dict[str, Any]:
    """Time `nnUNetv2_predict` with one fold, without mirroring and with it, which is its default."""
    with tempfile.TemporaryDirectory() as folder:
        image = _input_folder(ct, Path(folder))
        identity = ["-d", str(arm.dataset_id), "-tr", arm.trainer, "-p", arm.plans, "-c", arm.configuration]
        options = [*identity, "-f", str(fold), "-device", computation.device, "-i", str(image)]
        command = [nnunet_command("nnUNetv2_predict"), *options]
        environment = trainer_environment(os.environ)
        plain = run_measured([*command, "-o", f"{folder}/plain", "--disable_tta"], log, environment)
        mirrored = run_measured([*command, "-o", f"{folder}/mirrored"], log, environment)
    return _describe(ct, computation, plain, mirrored, "nnUNetv2_predict")


def describe_other_prediction(arm: Arm, fold: int, ct: Path, computation: Computation, log: Path) -> dict[str, Any]:
    """Time the same work in a computation that the commands do not offer, without mirroring.

    nnU-Net then reads and writes in the process that predicts, which is faster for one CT.
    """
    with tempfile.TemporaryDirectory() as folder:
        image = _input_folder(ct, Path(folder))
        kind = "default" if arm.softmax_files else "own"
        how = [computation.backend, computation.precision, computation.device]
        command = [sys.executable, "-m", PROGRAM, kind, str(arm.folder), str(fold), str(image), f"{folder}/out", *how]
        cost = run_measured(command, log, trainer_environment(os.environ))
    return _describe(ct, computation, cost, None, "the library's functions, in one process") | {
        "seconds_with_default_mirroring": None
    }


def _input_folder(ct: Path, folder: Path) -> Path:
    """A folder with the CT in the format that nnU-Net expects."""
    volume = read_ct(ct)
    images = folder / "images"
    images.mkdir()
    write_volume(images / f"{CASE}_0000.nii.gz", volume, volume.array.dtype)
    return images


def _describe(
    ct: Path, computation: Computation, plain: ProcessCost, mirrored: ProcessCost | None, what: str
) -> dict[str, Any]:
    return {
        "ct": ct.name,
        **computation.describe(),
        "seconds": plain.seconds,
        "seconds_with_mirroring": mirrored.seconds if mirrored else None,
        "seconds_with_default_mirroring": (mirrored or plain).seconds,
        "peak_gb": max(cost.peak_gb for cost in (plain, mirrored) if cost),
        "measured": f"whole command, run once: {what}",
    }
