"""Extract the fingerprint of a raw dataset, plan it with the plugin's planner, and preprocess it."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import add_dataset, add_processes

if TYPE_CHECKING:
    from vf_nnunet.training.settings import TrainingSettings

EXAMPLE = "vf_nnunet plan -d 701"
FOLDS = 5
"""nnU-Net's default number of folds."""


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
    parser.add_argument("--epochs", type=int, default=None, metavar="N", help="training epochs (default: 35)")
    parser.add_argument(
        "--iterations", type=int, default=None, metavar="N", help="training batches per epoch (default: 250)"
    )
    parser.add_argument("--seed", type=int, default=None, metavar="S", help="seed of the training (default: 2019)")


def run(arguments: argparse.Namespace) -> None:
    """Plan and preprocess."""
    from vf_nnunet.training.settings import TrainingSettings

    given = {
        "epochs": arguments.epochs,
        "iterations_per_epoch": arguments.iterations,
        "seed": arguments.seed,
    }
    settings = TrainingSettings(**{name: value for name, value in given.items() if value is not None})
    plan_dataset(arguments.dataset_id, settings, arguments.processes, arguments.gpu_memory)
    sys.stdout.write(f"next: vf_nnunet train -d {arguments.dataset_id}\n")


def plan_dataset(
    dataset_id: int, settings: "TrainingSettings", processes: int, gpu_memory_gb: float | None = None
) -> None:
    """Run nnU-Net's fingerprint extraction, the plugin's planner and nnU-Net's preprocessing.

    A dataset that was not converted and has no folds gets nnU-Net's own, which are drawn by case.

    Args:
        dataset_id: nnU-Net's number of the dataset.
        settings: Settings of the training, kept in the plans.
        processes: Worker processes.
        gpu_memory_gb: Memory of the GPU to plan for, in GB; None for this machine.

    Raises:
        InputError: If a folder is not set, the dataset does not exist or cannot be planned (`check_dataset`), its
            folds differ from those already in use, or the memory is too small for a training step.
    """
    from vf_nnunet.nnunet.paths import dataset_name, nnunet_folder
    from vf_nnunet.planning.dataset_check import check_dataset

    name = dataset_name(dataset_id)
    raw = nnunet_folder("nnUNet_raw") / name
    preprocessed = nnunet_folder("nnUNet_preprocessed") / name
    description = check_dataset(raw)
    _check_folds(raw, preprocessed)

    from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprint_dataset, preprocess_dataset

    from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, PLANS
    from vf_nnunet.nnunet.splits import INNER_SPLITS_FILE, SPLITS_FILE
    from vf_nnunet.planning.machine import planned_machine
    from vf_nnunet.planning.planner import FingerprintExtractor, VFPlanner, planned_segments

    machine = planned_machine(gpu_memory_gb)
    sys.stdout.write(f"{machine}; {planned_segments(description, machine)}\n")
    extract_fingerprint_dataset(dataset_id, FingerprintExtractor, processes)
    VFPlanner(name, gpu_memory_gb, training=settings).plan_experiment()
    preprocess_dataset(dataset_id, PLANS, (DEFAULT_CONFIGURATION,), (processes,))
    for file in (SPLITS_FILE, INNER_SPLITS_FILE):
        if (raw / file).is_file():
            shutil.copy(raw / file, preprocessed / file)
    _split_by_cases(raw, preprocessed)


def _check_folds(raw: Path, preprocessed: Path) -> None:
    """Check that the folds of the raw dataset are those already in use."""
    from vf_nnunet.nnunet.splits import SPLITS_FILE, read_splits

    new, used = raw / SPLITS_FILE, preprocessed / SPLITS_FILE
    if new.is_file() and used.is_file() and read_splits(new) != read_splits(used):
        raise InputError(
            f"{used}: differs from {new}; models may have been trained on the former; delete it to use the latter"
        )


def _split_by_cases(raw: Path, preprocessed: Path) -> None:
    """Write nnU-Net's own folds for a dataset that was not converted, so that its patients are unknown."""
    from nnunetv2.utilities.crossval_split import generate_crossval_split

    from dataset_conversion.dataset.files import TABLE_FILE
    from dataset_conversion.spine.files import write_json
    from vf_nnunet.nnunet.splits import SPLITS_FILE
    from vf_nnunet.planning.dataset_check import FILE_ENDING

    splits = preprocessed / SPLITS_FILE
    cases = sorted(path.name.removesuffix(FILE_ENDING) for path in (raw / "labelsTr").glob(f"*{FILE_ENDING}"))
    if splits.is_file() or (raw / TABLE_FILE).is_file() or len(cases) < FOLDS:
        return
    write_json(splits, generate_crossval_split(cases, n_splits=FOLDS))
    sys.stdout.write(
        f"{splits}: {FOLDS} folds drawn by case, as in nnU-Net, regardless of patients; if a patient has several "
        f"cases, write folds by patient to {raw / SPLITS_FILE}, delete this file and plan again\n"
    )
