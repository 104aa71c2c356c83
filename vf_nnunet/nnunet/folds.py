"""The folds of a planned dataset: which can be trained, where nnU-Net keeps them, and whether they are finished."""

import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.checks import check_plans
from vf_nnunet.nnunet.names import (
    ALL,
    DEFAULT_CONFIGURATION,
    FINAL_CHECKPOINT,
    PLANS,
    PROBABILITY_MAPS,
    PROBE_FILE,
    Fold,
    model_folder_name,
)
from vf_nnunet.nnunet.paths import dataset_folder, nnunet_folder
from vf_nnunet.nnunet.splits import SPLITS_FILE, check_validation_cases, outer_fold, read_splits

VALIDATION = "validation"
"""Folder of a fold's predictions, as nnU-Net calls it."""
INCOMPLETE = "validation_incomplete"
"""Folder of a fold's predictions until all its cases are predicted."""


def planned_dataset(dataset_id: int) -> Path:
    """Folder of a dataset that the plugin has planned and preprocessed.

    Raises:
        InputError: If the dataset is unknown or not planned, or another planner's plans have this name.
    """
    nnunet_folder("nnUNet_results")
    preprocessed = dataset_folder("nnUNet_preprocessed", dataset_id)
    plans = preprocessed / f"{PLANS}.json"
    if not plans.is_file():
        raise InputError(f"{preprocessed}: dataset {dataset_id} is not planned; run vf_nnunet plan -d {dataset_id}")
    check_plans(json.loads(plans.read_text(encoding="utf-8")), DEFAULT_CONFIGURATION)
    return preprocessed


def planned_folds(dataset_id: int, requested: Sequence[int] | None) -> list[int]:
    """The folds to train, checked against the dataset's splits.

    Args:
        dataset_id: nnU-Net's number of the dataset.
        requested: Folds to train; None for all.

    Raises:
        InputError: If the dataset is unknown or not planned, a fold does not exist, or a fold's cases are missing.
    """
    preprocessed = planned_dataset(dataset_id)
    splits = preprocessed / SPLITS_FILE
    available = range(len(read_splits(splits)))
    unknown = [fold for fold in requested or () if fold not in available]
    if unknown:
        raise InputError(f"{splits}: no fold {', '.join(map(str, unknown))}; it has folds 0 to {len(available) - 1}")
    folds = list(available if requested is None else requested)
    _check_cases(preprocessed, splits, folds)
    return folds


def requested_folds(dataset_id: int, requested: Sequence[Fold] | None) -> list[Fold]:
    """As `planned_folds`, also for the fold `ALL`, which needs no splits."""
    numbered = None if requested is None else [fold for fold in requested if isinstance(fold, int)]
    if numbered == []:
        planned_dataset(dataset_id)
        return [ALL]
    checked = planned_folds(dataset_id, numbered)
    return [*checked] if requested is None else list(requested)


def _check_cases(preprocessed: Path, splits: Path, folds: Sequence[int]) -> None:
    """Find missing cases before the training, which needs the validation cases only after hours."""
    plans = json.loads((preprocessed / f"{PLANS}.json").read_text(encoding="utf-8"))
    data = preprocessed / plans["configurations"][DEFAULT_CONFIGURATION]["data_identifier"]
    available = {path.stem for path in data.glob("*.pkl")}
    problems: list[str] = []
    for fold in folds:
        try:
            _, validation = outer_fold(splits, fold, available)
            check_validation_cases(splits, fold, validation, available)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def fold_folder(dataset_id: int, configuration: str, fold: Fold) -> Path:
    """Where nnU-Net keeps a fold's model."""
    model = dataset_folder("nnUNet_results", dataset_id) / model_folder_name(configuration)
    return model / f"fold_{fold}"


def fold_folders(model: Path) -> list[Path]:
    """The folders `fold_<k>` of a model by number; others, such as a backup `fold_0_old`, are left out."""
    folders = (path for path in model.glob("fold_*") if re.fullmatch(r"fold_\d+", path.name))
    return sorted(folders, key=fold_number)


def fold_number(folder: Path) -> int:
    """Number of the fold in a folder's name."""
    return int(folder.name.removeprefix("fold_"))


def usable_folders(model: Path, is_usable: Callable[[Path], bool]) -> list[Path]:
    """The folders of a model's usable folds: the numbered ones by number, or that of `ALL` if none of them is."""
    numbered = [folder for folder in fold_folders(model) if is_usable(folder)]
    whole = model / f"fold_{ALL}"
    return numbered or ([whole] if is_usable(whole) else [])


def is_trained(folder: Path) -> bool:
    """Whether the training of a fold has ended."""
    return (folder / FINAL_CHECKPOINT).is_file()


def is_begun(folder: Path) -> bool:
    """Whether a fold has any checkpoint, from which a training continues."""
    return any(folder.glob("checkpoint_*.pth"))


def is_probed(folder: Path) -> bool:
    """Whether a fold knows where vertebrae can be."""
    return (folder / PROBE_FILE).is_file()


def is_finished(folder: Path, softmax_files: bool = False) -> bool:
    """Whether a fold is trained and its outer cases are predicted.

    Args:
        folder: Folder of the fold.
        softmax_files: Whether nnU-Net's softmax files must be there too.
    """
    validation = folder / VALIDATION
    predicted = is_trained(folder) and (validation / "summary.json").is_file()
    if not (predicted and softmax_files):
        return predicted
    softmax = (path.with_name(path.name.replace(".nii.gz", ".npz")) for path in validation.glob("*.nii.gz"))
    return all(path.is_file() for path in softmax)


def discard_predictions(folder: Path) -> None:
    """Remove the predictions of a fold, complete or not."""
    discard_published(folder)
    shutil.rmtree(folder / INCOMPLETE, ignore_errors=True)


def discard_published(folder: Path) -> None:
    """Remove the complete predictions of a fold, so that no evaluation mixes them with new ones.

    What marks them as complete goes first.

    `nnUNetv2_accumulate_crossval_results` takes any folder `validation` for a predicted fold, so that an empty one is
    removed too.

    Args:
        folder: Folder of the fold.
    """
    validation = folder / VALIDATION
    (validation / "summary.json").unlink(missing_ok=True)
    for pattern in (f"{PROBABILITY_MAPS}/*.nii.gz", "*.nii.gz", "*.npz", "*.pkl"):
        for path in validation.glob(pattern):
            path.unlink()
    with suppress(OSError):  # other files in a folder are kept
        for emptied in (validation / PROBABILITY_MAPS, validation):
            if emptied.is_dir():
                emptied.rmdir()


def publish_predictions(folder: Path) -> Path:
    """Move a fold's predictions to where they are read, once all its cases are predicted.

    Args:
        folder: Folder of the fold, in whose subfolder `INCOMPLETE` they are.

    Returns:
        The folder where they are now.
    """
    incomplete, validation = folder / INCOMPLETE, folder / VALIDATION
    if not validation.exists():
        return incomplete.rename(validation)
    for path in [path for path in incomplete.rglob("*") if path.is_file()]:
        target = validation / path.relative_to(incomplete)
        target.parent.mkdir(exist_ok=True)
        os.replace(path, target)
    shutil.rmtree(incomplete)
    return validation


def discard_training(folder: Path) -> None:
    """Remove what would let a new training be taken for an earlier one in the same folder.

    The earlier final model stays beside it as `previous_final.pth`.

    Args:
        folder: Folder of the fold.
    """
    _reopen(folder, "previous_final.pth")
    for path in folder.glob("checkpoint_*.pth"):
        path.unlink()


def reopen_training(folder: Path) -> None:
    """Let a training that had ended continue: its predictions are removed, and its final checkpoint is the latest.

    Args:
        folder: Folder of the fold.
    """
    _reopen(folder, "checkpoint_latest.pth")


def _reopen(folder: Path, final_as: str) -> None:
    """Remove what belongs to a fold's final model, and give its checkpoint another name."""
    discard_predictions(folder)
    (folder / PROBE_FILE).unlink(missing_ok=True)
    if is_trained(folder):
        os.replace(folder / FINAL_CHECKPOINT, folder / final_as)
