"""the whole pipeline on a small phantom cohort, ending in report.html; interrupted, it goes on"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import add_device, add_output, add_processes, chosen_device
from vf_nnunet.nnunet.child_process import child_process
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION

EXAMPLE = "vf_nnunet demo -o demo"

DATASET_ID = 701
DATASET_NAME = "Phantoms"
SHORT_TRAINING: dict[str, Any] = {
    "learning_rate": 4e-3,
    "schedule": "poly",
    "final_model": "last",
    "dropout": 0.0,
    "validation_iterations": 4,
}
"""What a training of minutes needs; the paper's lasts hours."""
NOTE = "Synthetic phantoms: these numbers test the software and say nothing about patients."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_output(parser, "folder", Path("demo"))
    parser.add_argument("--cases", type=int, default=40, metavar="N", help="phantoms (default: 40)")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="training epochs a fold (default: 10)")
    parser.add_argument("--iterations", type=int, default=28, metavar="N", help="batches an epoch (default: 28)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the cohort (default: 1)")
    add_processes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    """Each step is skipped where its result stands already."""
    demo = Demo(arguments)
    started = time.monotonic()
    for number, step in enumerate((demo.phantoms, demo.convert, demo.plan, demo.train, demo.evaluate), start=1):
        sys.stderr.write(f"[{number}/5] {step.__doc__}\n")
        step_started = time.monotonic()
        step()
        sys.stderr.write(f"      {time.monotonic() - step_started:.0f} s\n")
    sys.stdout.write(f"demo finished after {(time.monotonic() - started) / 60:.1f} min. {NOTE}\n{demo.result}")


class Demo:
    """The pipeline's steps in one folder, each going on from what is there."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.cases: int = arguments.cases
        self.epochs: int = arguments.epochs
        self.iterations: int = arguments.iterations
        self.seed: int = arguments.seed
        self.processes: int = arguments.processes
        self.device = chosen_device(arguments.device)
        self.output: Path = arguments.output.absolute()
        self.cohort = self.output / "phantoms"
        self.result = ""
        self._keep_settings()
        self._use_own_nnunet_folders()

    def phantoms(self) -> None:
        """Phantom cohort"""
        from dataset_conversion.phantom.cohort.writer import write_cohort

        write_cohort(self.cohort, self.cases, self.seed, processes=self.processes)

    def convert(self) -> None:
        """Conversion to an nnU-Net dataset"""
        from dataset_conversion.convert import convert
        from dataset_conversion.dataset.request import ConversionRequest

        request = ConversionRequest(self.cohort / "images", self.cohort / "vertebrae.csv")
        convert(request, self.output / "nnUNet_raw", DATASET_ID, DATASET_NAME, processes=self.processes)

    def plan(self) -> None:
        """Plans and preprocessing"""
        from vf_nnunet.commands.plan import plan_dataset
        from vf_nnunet.training.settings import TrainingSettings

        finished = self.output / "plan.finished"
        if finished.is_file():
            return
        settings = TrainingSettings(epochs=self.epochs, iterations_per_epoch=self.iterations, **SHORT_TRAINING)
        with (self.output / "plan.log").open("w", encoding="utf-8") as log, contextlib.redirect_stdout(log):
            plan_dataset(DATASET_ID, settings, self.processes)
        finished.touch()

    def train(self) -> None:
        """Five folds with nnUNetv2_train, and their out-of-fold probability maps"""
        from tqdm import tqdm

        from vf_nnunet.nnunet.folds import fold_folder, is_finished, planned_folds
        from vf_nnunet.nnunet.train_command import fold_arguments, training_command

        folds = planned_folds(DATASET_ID, None)
        with tqdm(total=len(folds) * (self.epochs + 1), desc="epochs and predictions", file=sys.stderr) as bar:
            for fold in folds:
                folder = fold_folder(DATASET_ID, DEFAULT_CONFIGURATION, fold)
                if not is_finished(folder):
                    identity = fold_arguments(DATASET_ID, DEFAULT_CONFIGURATION, fold)
                    command = training_command(identity, self.device, folder)
                    for epoch in _training_epochs(command, self.output / f"train_fold_{fold}.log"):
                        bar.update(fold * (self.epochs + 1) + epoch - bar.n)
                bar.update((fold + 1) * (self.epochs + 1) - bar.n)

    def evaluate(self) -> None:
        """Evaluation and report"""
        from dataset_conversion.dataset.files import IMAGE_FOLDER, LABEL_FOLDER
        from evaluation.cohort.sources import find_maps_in_model
        from evaluation.evaluate import evaluate
        from evaluation.settings import EvaluationSettings
        from vf_nnunet.commands.evaluate import describe_summary
        from vf_nnunet.nnunet.folds import fold_folder
        from vf_nnunet.nnunet.paths import dataset_name, nnunet_folder

        model = fold_folder(DATASET_ID, DEFAULT_CONFIGURATION, 0).parent
        raw = nnunet_folder("nnUNet_raw") / dataset_name(DATASET_ID)
        summary = evaluate(
            find_maps_in_model(model),
            self.cohort / "vertebrae.csv",
            self.output / "evaluation",
            EvaluationSettings(note=NOTE),
            images=raw / IMAGE_FOLDER,
            labels=raw / LABEL_FOLDER,
        )
        self.result = describe_summary(summary, self.output / "evaluation")

    def _keep_settings(self) -> None:
        """Remember what this folder's demo is, so that another one does not go on from it."""
        from dataset_conversion.spine.files import write_json

        path = self.output / "demo.json"
        wanted = {"cases": self.cases, "epochs": self.epochs, "iterations": self.iterations, "seed": self.seed}
        if path.is_file():
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if found != wanted:
                raise InputError(f"{path}: was begun with {found}, now {wanted}; give another -o or remove the folder")
            return
        if self.output.exists() and any(self.output.iterdir()):
            raise InputError(f"{self.output}: holds other files; give -o a new folder")
        self.output.mkdir(parents=True, exist_ok=True)
        write_json(path, wanted)

    def _use_own_nnunet_folders(self) -> None:
        from vf_nnunet.nnunet.paths import FOLDER_VARIABLES

        for variable in FOLDER_VARIABLES:
            folder = self.output / variable
            folder.mkdir(exist_ok=True)
            os.environ[variable] = str(folder)
        os.environ["nnUNet_def_n_proc"] = str(self.processes)


def _training_epochs(command: list[str], log_path: Path) -> Iterator[int]:
    """Run nnUNetv2_train, keep its output in a log, and yield each epoch as it begins."""
    from vf_nnunet.nnunet.paths import trainer_environment

    environment = trainer_environment({**os.environ, "PYTHONUNBUFFERED": "1"})
    with log_path.open("a", encoding="utf-8") as log, child_process(command, environment, subprocess.PIPE) as process:
        for line in process.stdout or ():
            log.write(line)
            _, found, epoch = line.strip().rpartition(": Epoch ")
            if found and epoch.isdecimal():
                yield int(epoch)
    if process.returncode != 0:
        raise InputError(f"{' '.join(command)} ended with exit code {process.returncode}; see {log_path}")
