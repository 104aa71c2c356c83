"""Run the whole pipeline on a small phantom cohort, up to report.html; an interrupted demo continues."""

import argparse
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import add_device, add_output, add_processes, chosen_device
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
"""Settings for a training of minutes; the paper's takes hours."""
NOTE = "Synthetic phantoms: these numbers test the software and say nothing about patients."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_output(parser, "folder for all files", Path("demo"))
    parser.add_argument("--cases", type=int, default=40, metavar="N", help="number of phantoms (default: 40)")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="training epochs per fold (default: 10)")
    parser.add_argument("--iterations", type=int, default=28, metavar="N", help="batches per epoch (default: 28)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the cohort (default: 1)")
    add_processes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    """Run each step; steps that are finished already are skipped."""
    demo = Demo(arguments)
    steps = {
        "phantom cohort": demo.make_phantoms,
        "conversion to an nnU-Net dataset": demo.convert,
        "plans and preprocessing": demo.plan,
        "training of five folds, with out-of-fold probability maps": demo.train,
        "evaluation and report": demo.evaluate,
    }
    started = time.monotonic()
    for number, (title, step) in enumerate(steps.items(), start=1):
        sys.stderr.write(f"[{number}/{len(steps)}] {title}\n")
        step_started = time.monotonic()
        step()
        sys.stderr.write(f"      {time.monotonic() - step_started:.0f} s\n")
    sys.stdout.write(f"demo finished after {(time.monotonic() - started) / 60:.1f} min. {NOTE}\n{demo.result}")


class Demo:
    """The steps of the pipeline in one folder; each continues from the files that exist.

    Args:
        arguments: Arguments of the subcommand.
    """

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
        self._record_settings()
        self._use_own_nnunet_folders()

    def make_phantoms(self) -> None:
        """Write the phantom cohort."""
        from dataset_conversion.phantom.cohort.writer import write_cohort

        write_cohort(self.cohort, self.cases, self.seed, processes=self.processes)

    def convert(self) -> None:
        """Convert the cohort to an nnU-Net dataset."""
        from dataset_conversion.convert import convert
        from dataset_conversion.dataset.request import ConversionRequest

        request = ConversionRequest(self.cohort / "images", self.cohort / "vertebrae.csv")
        convert(request, self.output / "nnUNet_raw", DATASET_ID, DATASET_NAME, processes=self.processes)

    def plan(self) -> None:
        """Plan and preprocess the dataset; the output goes to a log."""
        from vf_nnunet.planning.plan_dataset import plan_dataset
        from vf_nnunet.training.settings import TrainingSettings

        finished = self.output / "plan.finished"
        if finished.is_file():
            return
        training = TrainingSettings(epochs=self.epochs, iterations_per_epoch=self.iterations, **SHORT_TRAINING)
        with (self.output / "plan.log").open("w", encoding="utf-8") as log, contextlib.redirect_stdout(log):
            plan_dataset(DATASET_ID, training, self.processes)
        finished.touch()

    def train(self) -> None:
        """Train the folds and predict their outer cases, with one progress bar for all."""
        from tqdm import tqdm

        from vf_nnunet.nnunet.folds import fold_folder, is_finished, planned_folds
        from vf_nnunet.nnunet.train_command import fold_arguments, training_command, training_epochs

        folds = planned_folds(DATASET_ID, None)
        steps_per_fold = self.epochs + 1
        with tqdm(total=len(folds) * steps_per_fold, desc="epochs and predictions", file=sys.stderr) as bar:
            for fold in folds:
                folder = fold_folder(DATASET_ID, DEFAULT_CONFIGURATION, fold)
                if not is_finished(folder):
                    identity = fold_arguments(DATASET_ID, DEFAULT_CONFIGURATION, fold)
                    command = training_command(identity, self.device, folder)
                    for epoch in training_epochs(command, self.output / f"train_fold_{fold}.log"):
                        bar.update(fold * steps_per_fold + epoch - bar.n)
                bar.update((fold + 1) * steps_per_fold - bar.n)

    def evaluate(self) -> None:
        """Evaluate the out-of-fold maps and write the report."""
        from dataset_conversion.dataset.files import IMAGE_FOLDER, LABEL_FOLDER
        from evaluation.cohort.sources import find_maps_in_model
        from evaluation.evaluate import evaluate
        from evaluation.settings import EvaluationSettings
        from vf_nnunet.commands.evaluate import describe_summary
        from vf_nnunet.nnunet.folds import fold_folder
        from vf_nnunet.nnunet.paths import dataset_folder

        model = fold_folder(DATASET_ID, DEFAULT_CONFIGURATION, 0).parent
        raw = dataset_folder("nnUNet_raw", DATASET_ID)
        summary = evaluate(
            find_maps_in_model(model),
            self.cohort / "vertebrae.csv",
            self.output / "evaluation",
            EvaluationSettings(note=NOTE),
            images=raw / IMAGE_FOLDER,
            labels=raw / LABEL_FOLDER,
        )
        self.result = describe_summary(summary, self.output / "evaluation")

    def _record_settings(self) -> None:
        """Record the settings in the folder, so that a demo with other settings does not continue in it."""
        from dataset_conversion.spine.files import write_json

        path = self.output / "demo.json"
        expected = {"cases": self.cases, "epochs": self.epochs, "iterations": self.iterations, "seed": self.seed}
        if path.is_file():
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if found != expected:
                raise InputError(
                    f"{path}: begun with {found}; expected {expected}: give another -o or remove the folder"
                )
            return
        if self.output.exists() and any(self.output.iterdir()):
            raise InputError(f"{self.output}: contains other files; expected a new folder for -o")
        self.output.mkdir(parents=True, exist_ok=True)
        write_json(path, expected)

    def _use_own_nnunet_folders(self) -> None:
        from vf_nnunet.nnunet.paths import FOLDER_VARIABLES

        for variable in FOLDER_VARIABLES:
            folder = self.output / variable
            folder.mkdir(exist_ok=True)
            os.environ[variable] = str(folder)
        os.environ["nnUNet_def_n_proc"] = str(self.processes)
