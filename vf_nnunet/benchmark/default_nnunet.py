"""Plan and preprocess default nnU-Net and its presets with residual encoders, by its own commands."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.benchmark.arms import DEFAULT, RESIDUAL, Arm
from vf_nnunet.benchmark.cost.measured_process import run_measured
from vf_nnunet.benchmark.length import NNUNET_LENGTH, Length, default_plans_of_length
from vf_nnunet.nnunet.dataset_record import read_dataset_record
from vf_nnunet.nnunet.paths import dataset_folder, nnunet_command
from vf_nnunet.nnunet.splits import SPLITS_FILE, read_splits

CONFIGURATION = "3d_fullres"
TRAINER = "nnUNetTrainer"
SHORT_TRAINER = "nnUNetTrainerShort"
WORKERS_VARIABLE = "nnUNet_n_proc_DA"
PREPROCESSED_RECORD = "{}_made_from.json"
"""File beside a folder of images that this benchmark let nnU-Net preprocess: the raw files and the settings. In the
folder itself, nnU-Net takes every file for one of a case."""


@dataclass(frozen=True)
class Preset:
    """One of nnU-Net's planners.

    Attributes:
        column: Column of the table.
        planner: Name of the planner.
        plans: Name of its plans.
        gpu_memory_gb: GPU memory for which it plans by default.
    """

    column: str
    planner: str
    plans: str
    gpu_memory_gb: float

    def plans_name(self, gpu_memory_gb: float) -> str:
        """Name of the plans; it contains the memory if that is not the default, as in nnU-Net's own presets."""
        if gpu_memory_gb == self.gpu_memory_gb:
            return self.plans
        return f"{self.plans}_{gpu_memory_gb:g}G".replace(".", "p")


STANDARD = Preset(DEFAULT, "ExperimentPlanner", "nnUNetPlans", 8.0)
RESIDUAL_ENCODERS = {
    size: Preset(RESIDUAL.format(size), f"nnUNetPlannerResEnc{size}", f"nnUNetResEncUNet{size}Plans", memory)
    for size, memory in (("M", 8.0), ("L", 24.0), ("XL", 40.0))
}
"""nnU-Net's recommended presets by size."""


def plan_default(dataset_id: int, preset: Preset, gpu_memory_gb: float | None, log: Path) -> Path:
    """Let nnU-Net plan a dataset that has its fingerprint, if it is not planned yet.

    The fingerprint is that of `vf_nnunet plan`, whose intensity statistics are from a million voxels, a hundredth of
    what nnU-Net draws.

    Args:
        dataset_id: nnU-Net's id of the dataset.
        preset: The planner.
        gpu_memory_gb: Memory for which nnU-Net chooses patch and batch size; None takes the preset's.
        log: File to append the output of the command to.

    Returns:
        The plans file.
    """
    memory = preset.gpu_memory_gb if gpu_memory_gb is None else gpu_memory_gb
    name = preset.plans_name(memory)
    plans = dataset_folder("nnUNet_preprocessed", dataset_id) / f"{name}.json"
    if not plans.is_file():
        options = ["-pl", preset.planner, "-gpu_memory_target", f"{memory:g}", "-overwrite_plans_name", name]
        command = [nnunet_command("nnUNetv2_plan_experiment"), "-d", str(dataset_id), *options]
        # nnU-Net's planner fails if the variable is 0, which is a good value for training on a CPU.
        environment = {key: value for key, value in os.environ.items() if key != WORKERS_VARIABLE}
        run_measured(command, log, environment)
    return plans


def preprocess_default(arm: Arm, processes: int, log: Path) -> None:
    """Let nnU-Net preprocess by the arm's plans, unless every case is preprocessed already.

    Raises:
        InputError: If the images there were preprocessed from other files or with other settings.
    """
    folder = dataset_folder("nnUNet_preprocessed", arm.dataset_id)
    preprocessed = folder / arm.planned()["data_identifier"]
    record = folder / PREPROCESSED_RECORD.format(preprocessed.name)
    splits = read_splits(folder / SPLITS_FILE)
    content = _preprocessing_content(folder, arm)
    # The properties of a case are written after its images.
    missing = [case for fold in splits for case in fold["val"] if not (preprocessed / f"{case}.pkl").is_file()]
    if missing:
        options = ["-plans_name", arm.plans, "-c", CONFIGURATION, "-np", str(processes)]
        command = [nnunet_command("nnUNetv2_preprocess"), "-d", str(arm.dataset_id), *options]
        run_measured(command, log, os.environ)
        write_json(record, content)
    else:
        _check_preprocessed(preprocessed, record, content)


def _preprocessing_content(folder: Path, arm: Arm) -> dict[str, Any]:
    records = read_dataset_record(folder)
    planned = arm.planned()
    used = ("spacing", "preprocessor_name", "normalization_schemes", "use_mask_for_norm")
    return {
        "files": None if records is None else {name: record.sha256 for name, record in sorted(records.items())},
        "settings": {key: planned[key] for key in planned if key in used or key.startswith("resampling_fn")},
    }


def _check_preprocessed(preprocessed: Path, record: Path, content: dict[str, Any]) -> None:
    """Images without a record were preprocessed by the user; nnU-Net itself does not check them either."""
    recorded = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else content
    changed = [name for name, value in content.items() if recorded.get(name) != value]
    if changed:
        raise InputError(
            f"{preprocessed}: preprocessed from other {' and '.join(changed)} than now; delete this folder to "
            "preprocess anew"
        )


def preparation_log(output: Path) -> Path:
    """Log of planning and preprocessing in the folder of a benchmark."""
    return output / "logs" / "preparation.log"


def default_arm(dataset_id: int, plans: Path, length: Length) -> Arm:
    """Default nnU-Net as an arm; with nnU-Net's own length it uses nnU-Net's own trainer."""
    trainer = TRAINER if length == NNUNET_LENGTH else SHORT_TRAINER
    return Arm(dataset_id, trainer, default_plans_of_length(plans, length), CONFIGURATION, length, softmax_files=True)
