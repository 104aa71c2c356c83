"""fingerprint, plans and preprocessing of a raw dataset with the plugin's planner"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vf_nnunet.commands.options import add_dataset, add_processes

if TYPE_CHECKING:
    from vf_nnunet.training_settings import TrainingSettings

EXAMPLE = "vf_nnunet plan -d 701"
COPIED_FILES = ("splits_final.json", "splits_inner.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    add_processes(parser)
    parser.add_argument("--epochs", type=int, default=None, metavar="N", help="training epochs (default: 35)")
    parser.add_argument(
        "--iterations", type=int, default=None, metavar="N", help="training batches an epoch (default: 250)"
    )
    parser.add_argument("--seed", type=int, default=None, metavar="S", help="seed of the training (default: 2019)")


def run(arguments: argparse.Namespace) -> None:
    """Plan and preprocess."""
    from vf_nnunet.training_settings import TrainingSettings

    given = {
        "epochs": arguments.epochs,
        "iterations_per_epoch": arguments.iterations,
        "seed": arguments.seed,
    }
    settings = TrainingSettings(**{name: value for name, value in given.items() if value is not None})
    plan_dataset(arguments.dataset_id, settings, arguments.processes)
    sys.stdout.write(f"next: vf_nnunet train -d {arguments.dataset_id}\n")


def plan_dataset(dataset_id: int, settings: "TrainingSettings", processes: int) -> None:
    """nnU-Net's fingerprint and preprocessing around the plugin's plans.

    Raises:
        PluginError: If a folder is not set, the dataset does not exist, is not three-dimensional NIfTI with the
            labels normal and fracture, or its folds differ from those already in use.
    """
    from vf_nnunet.nnunet_paths import dataset_name, nnunet_folder

    name = dataset_name(dataset_id)
    raw = nnunet_folder("nnUNet_raw") / name
    preprocessed = nnunet_folder("nnUNet_preprocessed") / name
    _check_dataset(raw)
    _check_folds(raw, preprocessed)

    from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprint_dataset, preprocess_dataset

    from vf_nnunet.names import DEFAULT_CONFIGURATION, PLANS
    from vf_nnunet.planner import FingerprintExtractor, VFPlanner

    extract_fingerprint_dataset(dataset_id, FingerprintExtractor, processes)
    VFPlanner(name, training=settings).plan_experiment()
    preprocess_dataset(dataset_id, PLANS, (DEFAULT_CONFIGURATION,), (processes,))
    for file in COPIED_FILES:
        if (raw / file).is_file():
            shutil.copy(raw / file, preprocessed / file)


def _check_dataset(raw: Path) -> None:
    from vf_nnunet.errors import PluginError
    from vf_nnunet.names import FRACTURE_LABEL, NORMAL_LABEL

    description = raw / "dataset.json"
    if not description.is_file():
        raise PluginError(f"{description}: missing; make the dataset with vf_nnunet convert")
    content = json.loads(description.read_text(encoding="utf-8"))
    missing = {NORMAL_LABEL, FRACTURE_LABEL} - set(content.get("labels", {}))
    if missing:
        raise PluginError(f"{description}: labels {content.get('labels')}, missing {', '.join(sorted(missing))}")
    if content.get("file_ending") not in (".nii.gz", ".nii"):
        raise PluginError(f"{description}: file_ending {content.get('file_ending')}, expected .nii.gz")


def _check_folds(raw: Path, preprocessed: Path) -> None:
    from vf_nnunet.errors import PluginError

    new, used = raw / "splits_final.json", preprocessed / "splits_final.json"
    if (
        new.is_file()
        and used.is_file()
        and json.loads(new.read_text(encoding="utf-8")) != json.loads(used.read_text(encoding="utf-8"))
    ):
        raise PluginError(
            f"{used}: differs from {new}; models may have been trained on the former: delete it to use the latter"
        )
