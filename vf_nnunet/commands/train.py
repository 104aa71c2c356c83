"""train one fold or all five with nnUNetv2_train; finished folds are kept, interrupted ones go on"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import add_configuration, add_dataset, add_device, check_configuration, chosen_device
from vf_nnunet.nnunet.child_process import child_process
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, PLANS, TRAINER, model_folder_name
from vf_nnunet.nnunet.outer_split import SPLITS_FILE, read_splits

EXAMPLE = "vf_nnunet train -d 701            # all folds; -f 0 for one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    add_configuration(parser)
    parser.add_argument("-f", dest="folds", type=int, nargs="+", default=None, metavar="K", help="folds (default: all)")
    parser.add_argument(
        "--npz", action="store_true", help="also save nnU-Net's softmax files (needed for its ensembles)"
    )
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    """Train each fold in its own nnU-Net process."""
    check_configuration(arguments.configuration)
    folds = planned_folds(arguments.dataset_id, arguments.folds)
    device = chosen_device(arguments.device)
    for fold in folds:
        folder = fold_folder(arguments.dataset_id, arguments.configuration, fold)
        if is_finished(folder, arguments.npz):
            sys.stdout.write(f"fold {fold} is finished: {folder}\n")
            continue
        identity = fold_arguments(arguments.dataset_id, arguments.configuration, fold)
        run_nnunet(training_command(identity, device, folder, arguments.npz))


def planned_dataset(dataset_id: int) -> Path:
    """Folder of a dataset that the plugin has planned and preprocessed.

    Raises:
        InputError: If the dataset is unknown or not planned, or another planner's plans have this name.
    """
    from vf_nnunet.nnunet.paths import dataset_name, nnunet_folder
    from vf_nnunet.nnunet.plans_check import check_plans

    nnunet_folder("nnUNet_results")
    preprocessed = nnunet_folder("nnUNet_preprocessed") / dataset_name(dataset_id)
    plans = preprocessed / f"{PLANS}.json"
    if not plans.is_file():
        raise InputError(f"{preprocessed}: dataset {dataset_id} is not planned; run vf_nnunet plan -d {dataset_id}")
    check_plans(json.loads(plans.read_text(encoding="utf-8")), DEFAULT_CONFIGURATION)
    return preprocessed


def planned_folds(dataset_id: int, requested: list[int] | None) -> list[int]:
    """The folds to train, checked against the dataset's splits.

    Raises:
        InputError: If the dataset is unknown or not planned, a fold does not exist, or a fold's cases are not there.
    """

    preprocessed = planned_dataset(dataset_id)
    splits = preprocessed / SPLITS_FILE
    available = range(len(read_splits(splits)))
    unknown = [fold for fold in requested or () if fold not in available]
    if unknown:
        raise InputError(f"{splits}: no fold {', '.join(map(str, unknown))}; it has folds 0 to {len(available) - 1}")
    folds = list(available) if requested is None else requested
    _check_cases(preprocessed, splits, folds)
    return folds


def _check_cases(preprocessed: Path, splits: Path, folds: list[int]) -> None:
    """Find before hours of training what would stop their prediction."""
    from vf_nnunet.nnunet.outer_split import check_validation_cases, outer_fold

    plans = json.loads((preprocessed / f"{PLANS}.json").read_text(encoding="utf-8"))
    data = preprocessed / plans["configurations"][DEFAULT_CONFIGURATION]["data_identifier"]
    available = {path.stem for path in data.glob("*.pkl")}
    findings = []
    for fold in folds:
        try:
            _, validation = outer_fold(splits, fold, available)
            check_validation_cases(splits, fold, validation, available)
        except InputError as error:
            findings.append(str(error))
    if findings:
        raise InputError(findings)


def fold_folder(dataset_id: int, configuration: str, fold: int) -> Path:
    """Where nnU-Net keeps a fold's model."""
    from vf_nnunet.nnunet.paths import dataset_name, nnunet_folder

    model = nnunet_folder("nnUNet_results") / dataset_name(dataset_id) / model_folder_name(configuration)
    return model / f"fold_{fold}"


def is_finished(folder: Path, softmax_files: bool = False) -> bool:
    """Whether a fold is trained and its outer cases are predicted, with nnU-Net's softmax files if they are wanted."""
    validation = folder / "validation"
    predicted = _is_trained(folder) and (validation / "summary.json").is_file()
    if not (predicted and softmax_files):
        return predicted
    softmax = (path.with_name(path.name.replace(".nii.gz", ".npz")) for path in validation.glob("*.nii.gz"))
    return all(path.is_file() for path in softmax)


def _is_trained(folder: Path) -> bool:
    return (folder / "checkpoint_final.pth").is_file()


def fold_arguments(
    dataset_id: int, configuration: str, fold: int, trainer: str = TRAINER, plans: str = PLANS
) -> list[str]:
    """What nnUNetv2_train is to train."""
    return [str(dataset_id), configuration, str(fold), "-tr", trainer, "-p", plans]


def training_command(identity: Sequence[str], device: str, folder: Path, softmax_files: bool = False) -> list[str]:
    """nnUNetv2_train for one fold; it continues where a checkpoint is, and only predicts where the last one is.

    Args:
        identity: The fold (`fold_arguments`).
        folder: Of the fold.
        softmax_files: Whether nnU-Net's softmax files are wanted too.
    """
    from vf_nnunet.nnunet.paths import nnunet_command

    options = ["-device", device, *(["--npz"] if softmax_files else [])]
    if _is_trained(folder):
        options.append("--val")
    elif any(folder.glob("checkpoint_*.pth")):
        options.append("--c")
    return [nnunet_command("nnUNetv2_train"), *identity, *options]


def run_nnunet(command: list[str], variables: Mapping[str, str] = MappingProxyType({})) -> None:
    """Run one of nnU-Net's commands with the plugin's trainer found, its output shown.

    Args:
        variables: Further environment variables.

    Raises:
        InputError: If it fails.
    """
    from vf_nnunet.nnunet.paths import trainer_environment

    with child_process(command, trainer_environment({**os.environ, **variables})) as process:
        process.wait()
    if process.returncode != 0:
        raise InputError(f"{' '.join(command)} ended with exit code {process.returncode}; its output is above")
