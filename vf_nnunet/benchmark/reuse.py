"""Whether a fold that was trained earlier is the one that would be trained now.

nnU-Net names a model's folder after its plans, so that a fold that was trained from other data, with other settings or
on another device lies where the benchmark would train.
"""

import json
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.length import SHORT_TRAINING_KEY
from vf_nnunet.nnunet.fold_record import EPOCHS, check_fold, differences, fold_content, write_fold_record
from vf_nnunet.nnunet.folds import is_begun, is_trained
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT
from vf_nnunet.nnunet.paths import dataset_folder
from vf_nnunet.training.settings import PLANS_KEY

DEBUG_FILE = "debug.json"
"""nnU-Net's record of a training's machine, in the folder of the fold."""
CHECKPOINTS = (FINAL_CHECKPOINT, "checkpoint_latest.pth", "checkpoint_best.pth")


def content_of(arm: Arm, fold: int, plans: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a fold of an arm would be trained from now (`fold_content`), as this plugin's trainer records it.

    Args:
        arm: The arm.
        fold: Number of the fold.
        plans: Content of the plans; None takes the arm's.
    """
    plans = arm.plans_content() if plans is None else plans
    if SHORT_TRAINING_KEY in plans:
        plans = {**plans, PLANS_KEY: plans[SHORT_TRAINING_KEY]}
    content = fold_content(dataset_folder("nnUNet_preprocessed", arm.dataset_id), plans, arm.configuration, fold)
    # nnU-Net's own trainer has no inner validation.
    return {**content, "inner": []} if arm.softmax_files else content


def record_new(arm: Arm, fold: int) -> None:
    """Record what a fold of nnU-Net's trainer is about to be trained from; this plugin's trainer does so itself."""
    if arm.softmax_files:
        arm.fold(fold).mkdir(parents=True, exist_ok=True)
        write_fold_record(arm.fold(fold), content_of(arm, fold))


def check_reuse(arm: Arm, fold: int, device: str) -> list[str]:
    """Check that a fold that has a checkpoint was trained with the present data, settings and kind of device.

    Args:
        arm: The arm.
        fold: Number of the fold.
        device: nnU-Net's name of the device.

    Returns:
        Sentences on what is unknown, for the notes of the table.

    Raises:
        InputError: If anything differs.
    """
    folder, content = arm.fold(fold), content_of(arm, fold)
    if not is_begun(folder):
        return []
    found = [*_changed_plans(arm, fold, content), *_changed_device(folder, device)]
    if found:
        raise InputError(
            f"{folder}: trained with other settings than now: {'; '.join(found)}; expected the same settings: restore "
            "them, or delete this folder to train the fold anew"
        )
    if check_fold(folder, content, is_trained(folder)):
        return []
    return [f"{folder.parent.name}, fold {fold}: trained earlier with the same settings; its data are not recorded."]


def _changed_plans(arm: Arm, fold: int, content: dict[str, Any]) -> list[str]:
    """Settings in the plans of the checkpoint that differ from the present ones."""
    import torch

    folder = arm.fold(fold)
    path = next((folder / name for name in CHECKPOINTS if (folder / name).is_file()), None)
    if path is None:
        return []
    begun = torch.load(path, map_location="cpu", weights_only=False)
    plans = begun.get("init_args", {}).get("plans")
    found = [] if plans is None else differences(content_of(arm, fold, plans), content)
    # A training that has not ended can be extended.
    return [text for text in found if is_trained(folder) or not text.startswith(f"{EPOCHS} ")]


def _changed_device(folder: Path, device: str) -> list[str]:
    path = folder / DEBUG_FILE
    if not path.is_file():
        return []
    before = str(json.loads(path.read_text(encoding="utf-8")).get("device", device)).partition(":")[0]
    now = device.partition(":")[0]
    return [] if before == now else [f"device {before}, now {now}"]
