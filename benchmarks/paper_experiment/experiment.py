"""The steps of the experiment, each a command of vf_nnunet, and what is kept between two pieces of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.vertebra_table import TABLE_FILE
from vf_nnunet.nnunet.child_process import child_process
from vf_nnunet.nnunet.folds import is_finished
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, PLANS, model_folder_name
from vf_nnunet.planning.plan_dataset import FOLDS
from vf_nnunet.training.settings import PLANS_KEY, TrainingSettings

STEPS = ("phantom", "convert", "plan", "train", "evaluate", "select-model")
DATASET_ID = 790
DATASET_NAME = "PaperPhantoms"
NOTE = "Synthetic phantoms: these numbers test the software and say nothing about patients."
FOLDERS = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
SECONDS_PER_HOUR = 3600


class OutOfTime(Exception):  # noqa: N818
    """The piece has taken the time that it was given."""


@dataclass(frozen=True)
class Options:
    """What identifies an experiment.

    Attributes:
        epochs: Epochs of a fold, at most.
        iterations: Batches per epoch.
        seed: Seed of the training.
        cohort_seed: Seed of the phantoms.
        normalisation: As `vf_nnunet plan` takes it.
        cases: Number of small crops in place of the paper's cohort; None for the paper's cohort.
        training: Other settings of the training, by name.
    """

    epochs: int
    iterations: int
    seed: int
    cohort_seed: int
    normalisation: str
    cases: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def read_training(texts: Sequence[str]) -> dict[str, Any]:
        """Settings from texts such as patience=10.

        Raises:
            InputError: If one is not of this form, or there is no such setting or value.
        """
        pairs = [text.partition("=") for text in texts]
        if wrong := [name for name, sign, _ in pairs if not sign]:
            raise InputError(f"--training: {' '.join(wrong)}; expected NAME=VALUE, such as patience=10")
        found = {name: _value(value) for name, _, value in pairs}
        TrainingSettings.from_plans({PLANS_KEY: found})
        return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


class Experiment:
    """An experiment in a folder.

    Attributes:
        output: The folder.
        options: What identifies the experiment.
        state: `seconds` by step, and the `commands` as they were run.

    Args:
        output: The folder, absolute; it is made if necessary.
        options: They must be those with which the folder was begun.
        processes: Number of processes.
        device: As nnU-Net names it.

    Raises:
        InputError: If the folder holds another experiment.
    """

    def __init__(self, output: Path, options: Options, processes: int, device: str) -> None:
        self.output = output
        self.options = options
        self.processes = str(processes)
        self.device = device
        self.started = time.monotonic()
        self._claim()
        path = output / "state.json"
        self.state: dict[str, Any] = {"seconds": {}, "commands": {}}
        if path.is_file():
            self.state = json.loads(path.read_text(encoding="utf-8"))

    @property
    def cohort(self) -> Path:
        """Folder of the phantoms."""
        return self.output / "phantoms"

    @property
    def evaluation(self) -> Path:
        """Folder of the evaluation."""
        return self.output / "evaluation"

    @property
    def selection(self) -> Path:
        """Folder of the model selection."""
        return self.output / "model_selection"

    @property
    def raw(self) -> Path:
        """The raw dataset."""
        return self._dataset("nnUNet_raw")

    @property
    def plans(self) -> Path:
        """The file of the plans."""
        return self._dataset("nnUNet_preprocessed") / f"{PLANS}.json"

    @property
    def model(self) -> Path:
        """Folder of the folds."""
        return self._dataset("nnUNet_results") / model_folder_name(DEFAULT_CONFIGURATION)

    def fold(self, number: int) -> Path:
        """Folder of a fold."""
        return self.model / f"fold_{number}"

    def run(self, step: str, folds: Sequence[int], again: bool = False, hours: float | None = None) -> None:
        """Run a step, unless it is finished.

        Args:
            step: One of `STEPS`.
            folds: Folds to train and to evaluate.
            again: Whether to run it in any case; a finished training stays as it is.
            hours: Time from the beginning of this piece after which a command is stopped.

        Raises:
            InputError: If the command fails.
            OutOfTime: If it was stopped.
        """
        if step == "train":
            for fold in folds:
                if not is_finished(self.fold(fold)):
                    self._command(f"train, fold {fold}", ("train", *self._training(fold)), hours)
            return
        arguments = (step, *self._arguments(step, folds))
        if not again and self.state["commands"].get(step) == list(arguments):
            return
        self._command(step, arguments, hours)
        if step == "plan":
            self._edit_plans()

    def _training(self, fold: int) -> tuple[str, ...]:
        return ("-d", str(DATASET_ID), "-f", str(fold), "-device", self.device)

    def _arguments(self, step: str, folds: Sequence[int]) -> tuple[str, ...]:
        options, dataset = self.options, ("-d", str(DATASET_ID))
        processes = ("-np", self.processes)
        crops = ("--cases", str(options.cases), "--field-of-view", "spine")
        annotations = ("--annotations", str(self.cohort / TABLE_FILE))
        arguments: dict[str, tuple[str, ...]] = {
            "phantom": (
                *("-o", str(self.cohort), *(crops if options.cases else ("--cohort", "paper"))),
                *("--seed", str(options.cohort_seed), *processes),
            ),
            "convert": (
                *("--images", str(self.cohort / "images"), *annotations),
                *(*dataset, "--name", DATASET_NAME, *processes),
            ),
            "plan": (
                *(*dataset, "--epochs", str(options.epochs), "--iterations", str(options.iterations)),
                *("--seed", str(options.seed), "--normalisation", options.normalisation, *processes),
            ),
            "evaluate": (
                *("-m", str(self.model), *(("-f", *map(str, folds)) if len(folds) < FOLDS else ())),
                *(*annotations, "--images", str(self.raw / "imagesTr"), "--labels", str(self.raw / "labelsTr")),
                *("--note", NOTE, "-o", str(self.evaluation)),
            ),
            "select-model": (*dataset, "-o", str(self.selection), "-device", self.device),
        }
        return arguments[step]

    def _command(self, name: str, arguments: Sequence[str], hours: float | None) -> None:
        """Run a command of vf_nnunet and add its seconds, however it ends."""
        began = time.monotonic()
        left = None if hours is None else hours * SECONDS_PER_HOUR - (began - self.started)
        if left is not None and left <= 0:
            raise OutOfTime
        sys.stderr.write(f"{name}\n")
        environment = {**os.environ, **{folder: str(self.output / folder) for folder in FOLDERS}}
        log = self.output / "commands.log"
        try:
            with (
                log.open("a", encoding="utf-8") as stream,
                child_process([sys.executable, "-m", "vf_nnunet", *arguments], environment, stream) as process,
            ):
                process.wait(left)
        except subprocess.TimeoutExpired:
            raise OutOfTime from None
        finally:
            self.state["seconds"][name] = self.state["seconds"].get(name, 0.0) + time.monotonic() - began
            self._keep()
        if process.returncode != 0:
            raise InputError(f"vf_nnunet {' '.join(arguments)} ended with exit code {process.returncode}; see {log}")
        self.state["commands"][name] = list(arguments)
        self._keep()

    def _edit_plans(self) -> None:
        """Put the other settings of the training into the plans, as a person would."""
        plans = json.loads(self.plans.read_text(encoding="utf-8"))
        plans[PLANS_KEY] |= dict(self.options.training)
        write_json(self.plans, plans)

    def _dataset(self, folder: str) -> Path:
        return self.output / folder / f"Dataset{DATASET_ID}_{DATASET_NAME}"

    def _claim(self) -> None:
        path, options = self.output / "experiment.json", asdict(self.options)
        if path.is_file():
            found = json.loads(path.read_text(encoding="utf-8"))
            if found != options:
                raise InputError(f"{path}: begun with {found}; expected {options}: give these, or another -o")
            return
        for folder in FOLDERS:
            (self.output / folder).mkdir(parents=True, exist_ok=True)
        write_json(path, options)

    def _keep(self) -> None:
        write_json(self.output / "state.json", self.state)
