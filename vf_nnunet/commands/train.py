"""Train one fold or all five with nnUNetv2_train; skip finished folds and continue interrupted ones."""

import argparse
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import add_configuration, add_dataset, add_device, check_configuration, chosen_device
from vf_nnunet.nnunet.names import Fold, fold_name

if TYPE_CHECKING:
    from vf_nnunet.model.start import Start

EXAMPLE = "vf_nnunet train -d 701            # all folds; -f 0 for one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    add_configuration(parser)
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


def run(arguments: argparse.Namespace) -> None:
    """Train each fold in its own nnU-Net process."""
    from vf_nnunet.nnunet.folds import fold_folder, is_finished, is_probed, is_trained, requested_folds
    from vf_nnunet.nnunet.train_command import fold_arguments, run_nnunet, training_command

    check_configuration(arguments.configuration)
    folds = requested_folds(arguments.dataset_id, arguments.folds)
    folders = {fold: fold_folder(arguments.dataset_id, arguments.configuration, fold) for fold in folds}
    _check_records(arguments.dataset_id, arguments.configuration, folders)
    starts = _starts(arguments, folders)
    device = chosen_device(arguments.device)
    for fold, folder in folders.items():
        if is_finished(folder, arguments.npz):
            sys.stdout.write(f"fold {fold} is finished: {folder}\n")
        else:
            identity = fold_arguments(arguments.dataset_id, arguments.configuration, fold)
            with nullcontext() if starts is None else starts[fold].checkpoint() as weights:
                run_nnunet(training_command(identity, device, folder, arguments.npz, weights))
        if is_trained(folder) and not is_probed(folder):
            fit_finished_fold(arguments.dataset_id, arguments.configuration, fold, device)


def fit_finished_fold(dataset_id: int, configuration: str, fold: Fold, device: str) -> None:
    """Fit the vertebra probe of a fold that is trained; an earlier version trained it, or it was interrupted here."""
    from vf_nnunet.training.finished_fold import fit_probe_of

    sys.stdout.write(f"fold {fold}: fitting where vertebrae can be\n")
    fit_probe_of(dataset_id, configuration, fold, device)


def _starts(arguments: argparse.Namespace, folders: Mapping[Fold, Path]) -> "Mapping[Fold, Start] | None":
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
    check_starts(starts, planned_dataset(arguments.dataset_id), arguments.configuration)
    check_beginnings(folders, {fold: start.origin for fold, start in starts.items()})
    return starts


def _check_records(dataset_id: int, configuration: str, folders: Mapping[Fold, Path]) -> None:
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
    for fold, folder in folders.items():
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
