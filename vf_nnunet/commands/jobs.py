"""Show how the trainings of a dataset stand, here and in the jobs of a cluster: a line for each fold."""

import argparse
import sys
from pathlib import Path

from vf_nnunet.commands.options import add_dataset
from vf_nnunet.nnunet.names import CONFIGURATIONS, Fold

EXAMPLE = "vf_nnunet jobs -d 701"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    parser.add_argument(
        "-c",
        dest="configurations",
        nargs="+",
        choices=CONFIGURATIONS,
        default=None,
        metavar="CONFIGURATION",
        help="configurations (default: each that is begun or submitted)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print state, epoch, best validation, minutes left and log of each fold."""
    from vf_nnunet.fold_jobs.record import FOLDER, read_jobs
    from vf_nnunet.fold_jobs.stand import Goal, as_table, key_of, stands
    from vf_nnunet.fold_jobs.train_arguments import planned_epochs
    from vf_nnunet.nnunet.folds import fold_folder, planned_dataset
    from vf_nnunet.nnunet.names import ALL
    from vf_nnunet.nnunet.paths import dataset_folder
    from vf_nnunet.nnunet.splits import SPLITS_FILE, read_splits

    preprocessed = planned_dataset(arguments.dataset_id)
    place = dataset_folder("nnUNet_results", arguments.dataset_id) / FOLDER
    jobs = read_jobs(place)
    splits = preprocessed / SPLITS_FILE
    folds: list[Fold] = [*range(len(read_splits(splits)))] if splits.is_file() else []
    folders: list[Path] = []
    for configuration in arguments.configurations or CONFIGURATIONS:
        own = [fold_folder(arguments.dataset_id, configuration, fold) for fold in (*folds, ALL)]
        known = [folder for folder in own if folder.is_dir() or key_of(folder) in jobs]
        if known or arguments.configurations:
            folders += own[:-1] + ([own[-1]] if own[-1] in known else [])
    if not folders:
        sys.stdout.write(f"{place.parent}: no fold is trained or submitted; vf_nnunet train begins\n")
        return
    goal = Goal(planned_epochs(preprocessed))
    sys.stdout.write(as_table(stands(place, dict.fromkeys(folders, goal))))
