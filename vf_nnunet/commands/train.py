"""Train one fold or all five with nnUNetv2_train, here or as jobs; skip finished folds, continue interrupted ones."""

import argparse
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.cluster_options import add_cluster, cluster_settings
from vf_nnunet.commands.options import add_dataset, add_device, check_configuration, chosen_device
from vf_nnunet.nnunet.names import CONFIGURATIONS, DEFAULT_CONFIGURATION, Fold, fold_name

if TYPE_CHECKING:
    from vf_nnunet.cluster.settings import ClusterSettings
    from vf_nnunet.model.start import Start

EXAMPLE = "vf_nnunet train -d 701            # all folds; -f 0 for one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    parser.add_argument(
        "-c",
        dest="configurations",
        nargs="+",
        default=[DEFAULT_CONFIGURATION],
        metavar="CONFIGURATION",
        help=f"configurations: {', '.join(CONFIGURATIONS)} (default: {DEFAULT_CONFIGURATION})",
    )
    parser.add_argument(
        "-f",
        dest="folds",
        type=fold_name,
        nargs="+",
        default=None,
        metavar="K",
        help="folds (default: each of the splits); all trains one model on all cases",
    )
    parser.add_argument(
        "--npz", action="store_true", help="also save nnU-Net's softmax files (needed for its ensembles)"
    )
    parser.add_argument(
        "--from",
        dest="start",
        default=None,
        metavar="MODEL",
        help="begin with the weights of a trained model instead of random ones: phantom, the model that comes with the "
        "package; a .vf file, a model's folder or a checkpoint",
    )
    add_device(parser)
    add_cluster(parser)
    parser.add_argument(
        "--folds-per-gpu",
        type=int,
        default=1,
        metavar="N",
        help="folds that a job of --cluster trains side by side on its GPU (default: 1)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Train each fold in its own nnU-Net process, here or in the jobs of a cluster."""
    from vf_nnunet.nnunet.folds import fold_folder, requested_folds

    settings = cluster_settings(arguments)
    _check_arguments(arguments, settings)
    folds = requested_folds(arguments.dataset_id, arguments.folds)
    folders = {
        configuration: {fold: fold_folder(arguments.dataset_id, configuration, fold) for fold in folds}
        for configuration in dict.fromkeys(arguments.configurations)
    }
    _check_records(arguments.dataset_id, folders)
    starts = {configuration: _starts(arguments, configuration, own) for configuration, own in folders.items()}
    if settings is not None:
        _train_by_jobs(arguments, settings, folders)
        return
    device = chosen_device(arguments.device)
    for configuration, own in folders.items():
        for fold, folder in own.items():
            _train_here(arguments, configuration, fold, folder, device, starts[configuration])


def _check_arguments(arguments: argparse.Namespace, settings: "ClusterSettings | None") -> None:
    for configuration in arguments.configurations:
        check_configuration(configuration)
    if arguments.folds_per_gpu < 1:
        raise InputError(f"--folds-per-gpu {arguments.folds_per_gpu}: expected 1 or more")
    if arguments.folds_per_gpu > 1 and settings is None:
        raise InputError("--folds-per-gpu: given without --cluster; add --cluster slurm, or leave it out")


def _train_here(
    arguments: argparse.Namespace,
    configuration: str,
    fold: Fold,
    folder: Path,
    device: str,
    starts: "Mapping[Fold, Start] | None",
) -> None:
    from vf_nnunet.nnunet.folds import is_finished, is_probed, is_trained
    from vf_nnunet.nnunet.train_command import fold_arguments, run_nnunet, training_command

    if is_trained(folder) and not is_probed(folder):
        fit_finished_fold(arguments.dataset_id, configuration, fold, device)
    if is_finished(folder, arguments.npz):
        sys.stdout.write(f"fold {fold} is finished: {folder}\n")
    else:
        identity = fold_arguments(arguments.dataset_id, configuration, fold)
        with nullcontext() if starts is None else starts[fold].checkpoint() as weights:
            run_nnunet(training_command(identity, device, folder, arguments.npz, weights))


def _train_by_jobs(
    arguments: argparse.Namespace, settings: "ClusterSettings", folders: Mapping[str, Mapping[Fold, Path]]
) -> None:
    """Submit this command for each fold that is not finished, and wait."""
    from vf_nnunet.fold_jobs.follow import train_by_jobs
    from vf_nnunet.fold_jobs.record import FOLDER
    from vf_nnunet.fold_jobs.stand import Goal
    from vf_nnunet.fold_jobs.submission import Training
    from vf_nnunet.fold_jobs.train_arguments import planned_epochs, train_arguments
    from vf_nnunet.nnunet.folds import planned_dataset
    from vf_nnunet.nnunet.paths import dataset_folder

    goal = Goal(planned_epochs(planned_dataset(arguments.dataset_id)), arguments.npz)
    options = [
        *(["--npz"] if arguments.npz else []),
        *(["--from", arguments.start] if arguments.start else []),
        *(["-device", arguments.device] if arguments.device else []),
    ]
    commands = {
        folder: train_arguments(arguments.dataset_id, configuration, fold, options)
        for configuration, own in folders.items()
        for fold, folder in own.items()
    }
    place = dataset_folder("nnUNet_results", arguments.dataset_id) / FOLDER
    goals = dict.fromkeys(commands, goal)
    train_by_jobs(Training(place, goals, commands, folds_per_job=arguments.folds_per_gpu), settings)


def fit_finished_fold(dataset_id: int, configuration: str, fold: Fold, device: str) -> None:
    """Fit the vertebra probe of a fold that is trained; an earlier version trained it, or it was interrupted here."""
    from vf_nnunet.training.finished_fold import fit_probe_of

    sys.stdout.write(f"fold {fold}: fitting where vertebrae can be\n")
    fit_probe_of(dataset_id, configuration, fold, device)


def _starts(
    arguments: argparse.Namespace, configuration: str, folders: Mapping[Fold, Path]
) -> "Mapping[Fold, Start] | None":
    """The weights with which each fold of the model begins; None for random ones.

    Raises:
        InputError: If the folds cannot begin with these weights, or a fold of the model began with others.
    """
    from vf_nnunet.model.start import check_starts, find_starts
    from vf_nnunet.nnunet.beginnings import check_beginnings, folds_of_model
    from vf_nnunet.nnunet.folds import planned_dataset

    if arguments.start is None:
        check_beginnings(folders, None)
        return None
    starts = find_starts(arguments.start, list(folds_of_model(folders)))
    check_starts(starts, planned_dataset(arguments.dataset_id), configuration)
    check_beginnings(folders, {fold: start.origin for fold, start in starts.items()})
    return starts


def _check_records(dataset_id: int, folders: Mapping[str, Mapping[Fold, Path]]) -> None:
    """Check before any training that all that was trained before comes from the present data and plans.

    Raises:
        InputError: If it does not; all problems at once.
    """
    from vf_nnunet.nnunet.dataset_record import check_preprocessed
    from vf_nnunet.nnunet.fold_record import check_fold, planned_content
    from vf_nnunet.nnunet.folds import is_begun, is_trained, planned_dataset

    preprocessed = planned_dataset(dataset_id)
    check_preprocessed(preprocessed)
    problems: list[str] = []
    every = [(configuration, fold, folder) for configuration, own in folders.items() for fold, folder in own.items()]
    for configuration, fold, folder in every:
        if not is_begun(folder):
            continue
        try:
            known = check_fold(folder, planned_content(preprocessed, configuration, fold), is_trained(folder))
        except InputError as error:
            problems += error.problems
        else:
            if not known:
                sys.stderr.write(
                    f"warning: {folder}: trained or planned by an earlier version, which did not record the data; kept "
                    "unchecked; if labels or images were changed since, delete it to train the fold anew\n"
                )
    if problems:
        raise InputError(problems)
