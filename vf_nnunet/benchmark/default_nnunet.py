"""Plan and preprocess default nnU-Net with its own commands."""

import os
from pathlib import Path

from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.length import NNUNET_LENGTH, Length, default_plans_of_length
from vf_nnunet.benchmark.measured_process import run_measured
from vf_nnunet.nnunet.paths import dataset_folder, nnunet_command
from vf_nnunet.nnunet.splits import SPLITS_FILE, read_splits

CONFIGURATION = "3d_fullres"
TRAINER = "nnUNetTrainer"
SHORT_TRAINER = "nnUNetTrainerShort"
PLANS = "nnUNetPlans"
GPU_MEMORY_GB = 8.0
"""GPU memory for which nnU-Net plans by default."""
WORKERS_VARIABLE = "nnUNet_n_proc_DA"


def plans_name(gpu_memory_gb: float) -> str:
    """Name of nnU-Net's plans; it contains the memory if that is not the default, as in nnU-Net's own presets."""
    return PLANS if gpu_memory_gb == GPU_MEMORY_GB else f"{PLANS}_{gpu_memory_gb:g}G".replace(".", "p")


def plan_default(dataset_id: int, gpu_memory_gb: float, log: Path) -> Path:
    """Let nnU-Net plan a dataset that has its fingerprint, if it is not planned yet.

    The fingerprint is that of `vf_nnunet plan`, whose intensity statistics are from a million voxels, a hundredth of
    what nnU-Net draws.

    Args:
        dataset_id: nnU-Net's id of the dataset.
        gpu_memory_gb: Memory for which nnU-Net chooses patch and batch size.
        log: File to append the output of the command to.

    Returns:
        The plans file.
    """
    name = plans_name(gpu_memory_gb)
    plans = dataset_folder("nnUNet_preprocessed", dataset_id) / f"{name}.json"
    if not plans.is_file():
        options = ["-gpu_memory_target", f"{gpu_memory_gb:g}", "-overwrite_plans_name", name]
        command = [nnunet_command("nnUNetv2_plan_experiment"), "-d", str(dataset_id), *options]
        # nnU-Net's planner fails if the variable is 0, which is a good value for training on a CPU.
        environment = {key: value for key, value in os.environ.items() if key != WORKERS_VARIABLE}
        run_measured(command, log, environment)
    return plans


def preprocess_default(arm: Arm, processes: int, log: Path) -> None:
    """Let nnU-Net preprocess by the arm's plans, unless every case is preprocessed already."""
    folder = dataset_folder("nnUNet_preprocessed", arm.dataset_id)
    preprocessed = folder / arm.planned()["data_identifier"]
    splits = read_splits(folder / SPLITS_FILE)
    # The properties of a case are written after its images.
    missing = [case for fold in splits for case in fold["val"] if not (preprocessed / f"{case}.pkl").is_file()]
    if missing:
        options = ["-plans_name", arm.plans, "-c", CONFIGURATION, "-np", str(processes)]
        command = [nnunet_command("nnUNetv2_preprocess"), "-d", str(arm.dataset_id), *options]
        run_measured(command, log, os.environ)


def preparation_log(output: Path) -> Path:
    """Log of planning and preprocessing in the folder of a benchmark."""
    return output / "logs" / "preparation.log"


def default_arm(dataset_id: int, plans: Path, length: Length) -> Arm:
    """Default nnU-Net as an arm; with nnU-Net's own length it uses nnU-Net's own trainer."""
    trainer = TRAINER if length == NNUNET_LENGTH else SHORT_TRAINER
    return Arm(dataset_id, trainer, default_plans_of_length(plans, length), CONFIGURATION, length, softmax_files=True)
