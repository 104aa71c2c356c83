"""The full benchmark: all arms are trained, scored and timed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from evaluation.settings import EvaluationSettings
from vf_nnunet.benchmark.accuracy import Record, describe_accuracy, score_arms
from vf_nnunet.benchmark.arms import HEIGHTS, OWN, Arm
from vf_nnunet.benchmark.cost.computation import Computation, default_computations, own_computations, own_training
from vf_nnunet.benchmark.cost.measured_process import MEMORY_NOTE
from vf_nnunet.benchmark.cost.network_cost import describe_network
from vf_nnunet.benchmark.default_nnunet import preparation_log, preprocess_default
from vf_nnunet.benchmark.length import NNUNET_LENGTH
from vf_nnunet.benchmark.prediction_cost import (
    describe_default_prediction,
    describe_other_prediction,
    describe_own_prediction,
)
from vf_nnunet.benchmark.ratios import add_ratios, column_of
from vf_nnunet.benchmark.train_program import arm_text
from vf_nnunet.benchmark.training import check_trained, describe_training, train
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.fold_jobs.follow import train_by_jobs
from vf_nnunet.fold_jobs.record import FOLDER
from vf_nnunet.fold_jobs.stand import Goal
from vf_nnunet.fold_jobs.submission import Training
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT


@dataclass(frozen=True)
class BenchmarkInputs:
    """Data and machine on which the arms are compared.

    Attributes:
        folds: Folds to train and score.
        annotations: Vertebra table.
        masks: Folder of vertebra masks for the height rule, or None.
        ct: CT whose prediction is timed.
        device: nnU-Net's name of the device.
        processes: Worker processes of the preprocessing.
        output: Folder of the benchmark.
        cluster: Where the trainings run as jobs; None trains here.
    """

    folds: Sequence[int]
    annotations: Path
    masks: Path | None
    ct: Path
    device: str
    processes: int
    output: Path
    cluster: ClusterSettings | None = None


def run_full(
    own: Arm, others: Mapping[str, Arm], inputs: BenchmarkInputs, settings: EvaluationSettings
) -> tuple[dict[str, Record], list[str]]:
    """Run the benchmark; folds that are trained already, with the same data and settings, are not trained again.

    Args:
        own: This model.
        others: Default nnU-Net and its presets by column.
        inputs: Data and machine.
        settings: Settings of the evaluation.

    Returns:
        The columns of the table, and the notes below it.

    Raises:
        InputError: If a command fails (the message names its log), a fold was trained with other settings, or
            `evaluation` finds problems with maps, table or masks.
    """
    arms = {OWN: own, **others}
    unknown = check_trained(list(arms.values()), inputs.folds, inputs.device)
    for arm in others.values():
        preprocess_default(arm, inputs.processes, preparation_log(inputs.output))
    if inputs.cluster is not None:
        train_by_jobs(_training_by_jobs([*arms.values()], inputs), inputs.cluster)
    for arm in arms.values():
        train(arm, inputs.folds, inputs.device, inputs.output)
    scores = score_arms(arms, inputs.folds, inputs.annotations, inputs.masks, settings)
    records = describe_accuracy(scores, settings)
    for name, arm in arms.items():
        records[name] |= {
            "training": describe_training(arm, inputs.folds, inputs.output, _training_of(arm, inputs.device)),
            "network": describe_network(arm.planned(), arm.classes, arm.fold(inputs.folds[0]) / FINAL_CHECKPOINT),
        }
        for column, prediction in _predictions(name, arm, inputs).items():
            records.setdefault(column, {})["prediction"] = prediction
    return add_ratios(records), [*notes_on(arms, records), *unknown]


def _training_by_jobs(arms: Sequence[Arm], inputs: BenchmarkInputs) -> Training:
    """The folds of all arms, each trained by `train_program` on the device of the benchmark."""
    goals, arguments = {}, {}
    for arm in arms:
        for fold in inputs.folds:
            folder = arm.fold(fold)
            goals[folder] = Goal(arm.length.epochs, arm.softmax_files)
            options = (arm_text(arm), str(fold), inputs.device, str(inputs.output.absolute()))
            arguments[folder] = ("vf_nnunet.benchmark.train_program", *options)
    return Training(arms[0].folder.parent / FOLDER, goals, arguments)


def _training_of(arm: Arm, device: str) -> Computation:
    return default_computations(torch.device(device))[0] if arm.softmax_files else own_training(torch.device(device))


def _predictions(name: str, arm: Arm, inputs: BenchmarkInputs) -> dict[str, dict[str, Any]]:
    """The prediction in each of the arm's computations, by column; first as shipped."""
    device = torch.device(inputs.device)
    own = not arm.softmax_files
    shipped, *others = own_computations(device) if own else default_computations(device)
    log = inputs.output / "logs" / "predict.log"
    timed = (inputs.folds[0], inputs.ct)
    describe = describe_own_prediction if own else describe_default_prediction
    found = {name: describe(arm, *timed, shipped, log)}
    for number, computation in enumerate(others, start=1):
        found[column_of(name, computation, number)] = describe_other_prediction(arm, *timed, computation, log)
    return found


def notes_on(arms: Mapping[str, Arm], records: Mapping[str, Record]) -> list[str]:
    """Notes that explain the table."""
    lengths = (f"{name} {arm.length.epochs} epochs of {arm.length.iterations} batches" for name, arm in arms.items())
    notes = [
        f"Planned lengths: {', '.join(lengths)}; nnU-Net's own is {NNUNET_LENGTH.epochs} of "
        f"{NNUNET_LENGTH.iterations}. A training can end early: times, voxels and rates are those of the epochs that "
        "ran.",
        "Probabilities are out of fold: no patient is scored by a network that was trained on it.",
        "Intervals are 95% intervals over patients. Those of differences are paired.",
        "Prediction is timed once for one fold, from the CT's file to the written result.",
        MEMORY_NOTE,
    ]
    if HEIGHTS in records:
        notes.append(
            "The height rule is given exact masks and centroids, which would have to be found in practice. A vertebra "
            "that is cut off by the image counts as not flagged."
        )
    return notes
