"""Default nnU-Net planned and preprocessed by its own commands."""

import os
from pathlib import Path

from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.length import NNUNET_LENGTH, Length, default_plans_of_length
from vf_nnunet.benchmark.measured_process import run_measured
from vf_nnunet.nnunet.paths import dataset_name, nnunet_command, nnunet_folder
from vf_nnunet.nnunet.splits import SPLITS_FILE, read_splits

CONFIGURATION = "3d_fullres"
TRAINER = "nnUNetTrainer"
SHORT_TRAINER = "nnUNetTrainerShort"
PLANS = "nnUNetPlans"
GPU_MEMORY_GB = 8.0
"""What nnU-Net plans for."""
WORKERS_VARIABLE = "nnUNet_n_proc_DA"


def plans_name(gpu_memory_gb: float) -> str:
    """nnU-Net's name of its plans, with the memory where it is not the default, as nnU-Net's own presets have it."""
    return PLANS if gpu_memory_gb == GPU_MEMORY_GB else f"{PLANS}_{gpu_memory_gb:g}G".replace(".", "p")


def plan_default(dataset_id: int, gpu_memory_gb: float, log: Path) -> Path:
    """nnU-Net's plans of a dataset that has its fingerprint, made if they are not there.

    The fingerprint is that of `vf_nnunet plan`, whose intensity statistics come from a million voxels, a hundredth of
    what nnU-Net draws.

    Args:
        gpu_memory_gb: Memory for which nnU-Net chooses patch and batch.
        log: File that the command's output is appended to.

    Returns:
        The plans file.
    """
    name = plans_name(gpu_memory_gb)
    plans = nnunet_folder("nnUNet_preprocessed") / dataset_name(dataset_id) / f"{name}.json"
    if not plans.is_file():
        options = ["-gpu_memory_target", f"{gpu_memory_gb:g}", "-overwrite_plans_name", name]
        command = [nnunet_command("nnUNetv2_plan_experiment"), "-d", str(dataset_id), *options]
        # nnU-Net's planner fails where the variable is 0, which is right for training on a CPU.
        environment = {key: value for key, value in os.environ.items() if key != WORKERS_VARIABLE}
        run_measured(command, log, environment)
    return plans


def preprocess_default(arm: Arm, processes: int, log: Path) -> None:
    """nnU-Net's preprocessing by the arm's plans, if it has not been done to the end."""
    folder = nnunet_folder("nnUNet_preprocessed") / dataset_name(arm.dataset_id)
    preprocessed = folder / arm.planned()["data_identifier"]
    splits = read_splits(folder / SPLITS_FILE)
    # A case's properties are written after its images.
    missing = [case for fold in splits for case in fold["val"] if not (preprocessed / f"{case}.pkl").is_file()]
    if missing:
        options = ["-plans_name", arm.plans, "-c", CONFIGURATION, "-np", str(processes)]
        command = [nnunet_command("nnUNetv2_preprocess"), "-d", str(arm.dataset_id), *options]
        run_measured(command, log, os.environ)


def default_arm(dataset_id: int, plans: Path, length: Length) -> Arm:
    """Default nnU-Net for that length; with its own length, its own trainer."""
    trainer = TRAINER if length == NNUNET_LENGTH else SHORT_TRAINER
    return Arm(dataset_id, trainer, default_plans_of_length(plans, length), CONFIGURATION, length, softmax_files=True)
