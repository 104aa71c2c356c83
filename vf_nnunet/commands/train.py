"""Train one fold or all five with nnUNetv2_train; skip finished folds and continue interrupted ones."""

import argparse
import sys

from vf_nnunet.commands.options import add_configuration, add_dataset, add_device, check_configuration, chosen_device

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
    from vf_nnunet.nnunet.folds import fold_folder, is_finished, planned_folds
    from vf_nnunet.nnunet.train_command import fold_arguments, run_nnunet, training_command

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
