"""A training on phantoms in one folder, from the cohort to the trained folds; if interrupted, it continues."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, DEFAULT_NORMALISATION, Fold, Normalisation
from vf_nnunet.training.settings import TrainingSettings


@dataclass(frozen=True)
class RunSettings:
    """What is made in a folder.

    Attributes:
        title: Name of the file that records `described`, without its ending.
        described: The numbers that identify the run, for people and for the check that it continues as it began.
        phantoms: All that the phantoms are drawn from.
        cases: Number of phantoms.
        seed: Of the cohort.
        training: Settings of the training, which the plans hold.
        dataset_id: nnU-Net's number of the dataset.
        dataset_name: Its name.
        folds: The folds to train; None for all of the cross-validation.
        normalisation: How the intensities are normalised.
    """

    title: str
    described: Mapping[str, Any]
    phantoms: PhantomSettings
    cases: int
    seed: int
    training: TrainingSettings
    dataset_id: int
    dataset_name: str
    folds: tuple[Fold, ...] | None = None
    normalisation: Normalisation = DEFAULT_NORMALISATION


class PhantomRun:
    """The steps of a training on phantoms; each continues from the files that exist.

    Args:
        output: Folder for everything, nnU-Net's folders included; `os.environ` names them from now on.
        settings: What is made.
        processes: Worker processes.
        device: nnU-Net's name of the device that trains.

    Raises:
        InputError: If the folder holds another run or other files.
    """

    def __init__(self, output: Path, settings: RunSettings, processes: int, device: str) -> None:
        self.output = output.absolute()
        self.settings = settings
        self.processes = processes
        self.device = device
        self.cohort = self.output / "phantoms"
        self._record_settings()
        self._use_own_nnunet_folders()

    @property
    def steps(self) -> dict[str, Callable[[], None]]:
        """The steps in order, by their titles."""
        return {
            "phantom cohort": self.make_phantoms,
            "conversion to an nnU-Net dataset": self.convert,
            "plans and preprocessing": self.plan,
            "training, with probability maps of the outer cases": self.train,
        }

    @property
    def model(self) -> Path:
        """nnU-Net's folder of the model."""
        from vf_nnunet.nnunet.folds import fold_folder

        return fold_folder(self.settings.dataset_id, DEFAULT_CONFIGURATION, 0).parent

    def make_phantoms(self) -> None:
        """Write the phantom cohort."""
        from dataset_conversion.phantom.cohort.writer import write_cohort

        made = self.settings
        write_cohort(self.cohort, made.cases, made.seed, made.phantoms, processes=self.processes)

    def convert(self) -> None:
        """Convert the cohort to an nnU-Net dataset."""
        from dataset_conversion.convert import convert
        from dataset_conversion.dataset.request import ConversionRequest

        request = ConversionRequest(self.cohort / "images", self.cohort / "vertebrae.csv")
        raw, made = self.output / "nnUNet_raw", self.settings
        convert(request, raw, made.dataset_id, made.dataset_name, processes=self.processes)

    def plan(self) -> None:
        """Plan and preprocess the dataset; the output goes to a log."""
        from vf_nnunet.planning.plan_dataset import plan_dataset

        finished, made = self.output / "plan.finished", self.settings
        if finished.is_file():
            return
        with (self.output / "plan.log").open("w", encoding="utf-8") as log, contextlib.redirect_stdout(log):
            plan_dataset(made.dataset_id, made.training, self.processes, normalisation=made.normalisation)
        finished.touch()

    def train(self) -> None:
        """Train the folds and predict their outer cases, with one progress bar for all."""
        from tqdm import tqdm

        from vf_nnunet.nnunet.folds import fold_folder, is_finished, requested_folds
        from vf_nnunet.nnunet.train_command import fold_arguments, training_command, training_epochs

        made = self.settings
        folds = requested_folds(made.dataset_id, made.folds)
        steps_per_fold = made.training.epochs + 1
        with tqdm(total=len(folds) * steps_per_fold, desc="epochs and predictions", file=sys.stderr) as bar:
            for number, fold in enumerate(folds):
                folder = fold_folder(made.dataset_id, DEFAULT_CONFIGURATION, fold)
                if not is_finished(folder):
                    identity = fold_arguments(made.dataset_id, DEFAULT_CONFIGURATION, fold)
                    command = training_command(identity, self.device, folder)
                    for epoch in training_epochs(command, self.output / f"train_fold_{fold}.log"):
                        bar.update(number * steps_per_fold + epoch - bar.n)
                bar.update((number + 1) * steps_per_fold - bar.n)

    def _record_settings(self) -> None:
        """Record the settings in the folder, so that a run with other settings does not continue in it."""
        path, expected = self.output / f"{self.settings.title}.json", dict(self.settings.described)
        if path.is_file():
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if found != json.loads(json.dumps(expected)):
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


def run_steps(steps: Mapping[str, Callable[[], None]]) -> float:
    """Run steps one after the other; their titles and seconds go to standard error.

    Args:
        steps: By their titles.

    Returns:
        Seconds for all.
    """
    started = time.monotonic()
    for number, (title, step) in enumerate(steps.items(), start=1):
        sys.stderr.write(f"[{number}/{len(steps)}] {title}\n")
        step_started = time.monotonic()
        step()
        sys.stderr.write(f"      {time.monotonic() - step_started:.0f} s\n")
    return time.monotonic() - started
