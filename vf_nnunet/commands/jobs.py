"""Show how the trainings of a dataset stand, here and in the jobs of a cluster: a line for each fold."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vf_nnunet.commands.options import add_dataset
from vf_nnunet.nnunet.names import ALL, CONFIGURATIONS, model_folder_name

if TYPE_CHECKING:
    from vf_nnunet.fold_jobs.stand import Goal

EXAMPLE = "vf_nnunet jobs -d 701"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print state, job, epoch, best validation, minutes left and log of each fold."""
    from vf_nnunet.commands.select_model import DEFAULT_FOLDER
    from vf_nnunet.fold_jobs.record import FOLDER
    from vf_nnunet.fold_jobs.stand import as_table, stands
    from vf_nnunet.nnunet.folds import planned_dataset
    from vf_nnunet.nnunet.paths import dataset_folder
    from vf_nnunet.nnunet.splits import SPLITS_FILE, read_splits

    preprocessed = planned_dataset(arguments.dataset_id)
    splits = preprocessed / SPLITS_FILE
    results = dataset_folder("nnUNet_results", arguments.dataset_id)
    comparison = results / DEFAULT_FOLDER / "nnUNet_results" / preprocessed.name
    folds = range(len(read_splits(splits))) if splits.is_file() else range(0)
    found = [
        *stands(results / FOLDER, _goals(results, preprocessed, folds)),
        *stands(comparison / FOLDER, _goals(comparison, preprocessed, [0])),
    ]
    sys.stdout.write(as_table(found) if found else f"{results}: no fold is trained or submitted; see vf_nnunet train\n")


def _goals(results: Path, preprocessed: Path, folds: Iterable[int]) -> "dict[Path, Goal]":
    """What the folds in nnU-Net's results of a dataset are to reach: all of each model that is begun or submitted."""
    from vf_nnunet.fold_jobs.record import FOLDER, read_jobs
    from vf_nnunet.fold_jobs.stand import Goal
    from vf_nnunet.fold_jobs.train_arguments import planned_epochs

    goals = {results / fold: Goal(job.epochs) for fold, job in read_jobs(results / FOLDER).items()}
    submitted = {folder.parent for folder in goals}
    planned = Goal(planned_epochs(preprocessed))
    for model in (results / model_folder_name(configuration) for configuration in CONFIGURATIONS):
        if model in submitted or model.is_dir():
            own = [model / f"fold_{fold}" for fold in folds]
            whole = model / f"fold_{ALL}"
            goals = dict.fromkeys([*own, *([whole] if whole.is_dir() else [])], planned) | goals
    return dict(sorted(goals.items()))
