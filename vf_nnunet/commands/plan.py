"""Extract the fingerprint of a raw dataset, plan it with the plugin's planner, and preprocess it."""

import argparse
import sys

from vf_nnunet.commands.options import add_dataset, add_processes
from vf_nnunet.nnunet.names import DEFAULT_NORMALISATION, Normalisation

EXAMPLE = "vf_nnunet plan -d 701"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    add_processes(parser)
    parser.add_argument(
        "-gpu_memory_target",
        dest="gpu_memory",
        type=float,
        default=None,
        metavar="GB",
        help="plan batches for a GPU with this much memory (default: 8 if there is a GPU, else for this machine's CPU)",
    )
    parser.add_argument(
        "--normalisation",
        choices=[str(choice) for choice in Normalisation],
        default=str(DEFAULT_NORMALISATION),
        help="how intensities are normalised: image, z-score over each image (paper); window, fixed Hounsfield units; "
        f"foreground, nnU-Net's CTNormalization (default: {DEFAULT_NORMALISATION})",
    )
    parser.add_argument("--epochs", type=int, default=None, metavar="N", help="training epochs (default: 35)")
    parser.add_argument(
        "--iterations", type=int, default=None, metavar="N", help="training batches per epoch (default: 250)"
    )
    parser.add_argument("--seed", type=int, default=None, metavar="S", help="seed of the training (default: 2019)")


def run(arguments: argparse.Namespace) -> None:
    """Plan and preprocess."""
    from vf_nnunet.planning.plan_dataset import plan_dataset
    from vf_nnunet.training.settings import TrainingSettings

    given = {
        "epochs": arguments.epochs,
        "iterations_per_epoch": arguments.iterations,
        "seed": arguments.seed,
    }
    settings = TrainingSettings(**{name: value for name, value in given.items() if value is not None})
    normalisation = Normalisation(arguments.normalisation)
    plan_dataset(arguments.dataset_id, settings, arguments.processes, arguments.gpu_memory, normalisation)
    sys.stdout.write(f"next: vf_nnunet train -d {arguments.dataset_id}\n")
