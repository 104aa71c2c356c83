"""Compare a model with one class of fractures with a model with a class for each grade, on the same folds.

python benchmarks/grades.py --cohort COHORT -o OUTPUT [--three MODEL] [--epochs N] [--iterations N] [--full]

COHORT is a folder of `vf_nnunet phantom`. It is converted once for each of the two label schemes and trained in five
folds, as the demo does. --three is the trained model of an earlier demo of the same cohort and length, which is then
not trained again. Both models are evaluated at the same vertebrae; the difference is paired over patients.
OUTPUT/grades.json has the figures, OUTPUT/evaluation the report of the model with grades. An interrupted run continues.
--full trains with the settings of a real training instead of the demo's.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dataset_conversion.convert import convert
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.labels import Classes
from dataset_conversion.spine.vertebra_table import TABLE_FILE
from evaluation.cohort.sources import CaseMap, find_maps_in_model
from evaluation.evaluate import evaluate
from evaluation.settings import EvaluationSettings
from vf_nnunet.commands.demo import NOTE, SHORT_TRAINING
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, model_folder_name

DATASETS: dict[Classes, tuple[int, str]] = {"fracture": (701, "OneClass"), "grades": (702, "Grades")}


def main() -> None:
    """Train, evaluate, print the figures and write `grades.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--three", type=Path, default=None)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=28)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("-device", default="cpu")
    parser.add_argument("-o", dest="output", type=Path, required=True)
    arguments = parser.parse_args()
    use_folders(arguments.output.absolute())
    models = {"grades": trained(arguments, "grades"), "fracture": arguments.three or trained(arguments, "fracture")}
    maps = {name: find_maps_in_model(model) for name, model in models.items()}
    check_folds(maps["grades"], maps["fracture"])
    started = time.process_time()
    summary = evaluate(
        maps["grades"],
        arguments.cohort / TABLE_FILE,
        arguments.output / "evaluation",
        EvaluationSettings(note=NOTE),
        other=maps["fracture"],
    )
    figures = {
        "models": {name: str(model) for name, model in models.items()},
        "grades_minus_one_class": summary["comparison"],
        "grading": summary["vertebra"].get("grading"),
        "evaluation_processor_seconds": time.process_time() - started,
    }
    write_json(arguments.output / "grades.json", figures)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def use_folders(output: Path) -> None:
    """Set nnU-Net's folders before anything imports nnU-Net, which reads them once."""
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        (output / variable).mkdir(parents=True, exist_ok=True)
        os.environ[variable] = str(output / variable)


def trained(arguments: argparse.Namespace, classes: Classes) -> Path:
    """Convert, plan and train with these classes, as far as that is not done; return the model's folder."""
    dataset_id, name = DATASETS[classes]
    settings = ConversionSettings(classes=classes)
    request = ConversionRequest(arguments.cohort / "images", arguments.cohort / TABLE_FILE, settings=settings)
    dataset = convert(request, Path(os.environ["nnUNet_raw"]), dataset_id, name, processes=arguments.processes)
    plan(dataset_id, Path(os.environ["nnUNet_preprocessed"]) / dataset.name, arguments)
    train(dataset_id, arguments)
    return Path(os.environ["nnUNet_results"]) / dataset.name / model_folder_name(DEFAULT_CONFIGURATION)


def plan(dataset_id: int, preprocessed: Path, arguments: argparse.Namespace) -> None:
    """Plan and preprocess a dataset, unless it is."""
    from vf_nnunet.nnunet.dataset_record import RECORD_FILE
    from vf_nnunet.planning.plan_dataset import plan_dataset
    from vf_nnunet.training.settings import TrainingSettings

    if (preprocessed / RECORD_FILE).is_file():
        return
    short: dict[str, Any] = {} if arguments.full else SHORT_TRAINING
    training = TrainingSettings(epochs=arguments.epochs, iterations_per_epoch=arguments.iterations, **short)
    plan_dataset(dataset_id, training, arguments.processes)


def train(dataset_id: int, arguments: argparse.Namespace) -> None:
    """Train the folds that are not finished, and predict their outer cases."""
    from vf_nnunet.nnunet.folds import fold_folder, is_finished, planned_folds
    from vf_nnunet.nnunet.train_command import fold_arguments, training_command, training_epochs

    for fold in planned_folds(dataset_id, None):
        folder = fold_folder(dataset_id, DEFAULT_CONFIGURATION, fold)
        if is_finished(folder):
            continue
        identity = fold_arguments(dataset_id, DEFAULT_CONFIGURATION, fold)
        command = training_command(identity, arguments.device, folder)
        for epoch in training_epochs(command, arguments.output / f"train_{dataset_id}_fold_{fold}.log"):
            sys.stderr.write(f"dataset {dataset_id}, fold {fold}: epoch {epoch}\n")


def check_folds(first: Sequence[CaseMap], second: Sequence[CaseMap]) -> None:
    """Check that both models predicted every case in the same fold."""
    folds = [{source.case_id: source.fold for source in maps} for maps in (first, second)]
    if folds[0] != folds[1]:
        raise InputError("the two models have other folds; expected models of the same cohort")


if __name__ == "__main__":
    main()
