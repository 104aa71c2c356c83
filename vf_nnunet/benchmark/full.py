"""The full benchmark: both arms are trained, scored and timed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.settings import EvaluationSettings
from vf_nnunet.benchmark.accuracy import Record, describe_accuracy, score_arms
from vf_nnunet.benchmark.arms import DEFAULT, HEIGHTS, OWN, Arm
from vf_nnunet.benchmark.default_nnunet import preparation_log, preprocess_default
from vf_nnunet.benchmark.length import NNUNET_LENGTH
from vf_nnunet.benchmark.network_cost import describe_network
from vf_nnunet.benchmark.prediction_cost import describe_default_prediction, describe_own_prediction
from vf_nnunet.benchmark.training import describe_training, train


@dataclass(frozen=True)
class BenchmarkInputs:
    """Data and machine on which both arms are compared.

    Attributes:
        folds: Folds to train and score.
        annotations: Vertebra table.
        masks: Folder of vertebra masks for the height rule, or None.
        ct: CT whose prediction is timed.
        device: nnU-Net's name of the device.
        processes: Worker processes of the preprocessing.
        output: Folder of the benchmark.
    """

    folds: Sequence[int]
    annotations: Path
    masks: Path | None
    ct: Path
    device: str
    processes: int
    output: Path


def run_full(own: Arm, default: Arm, inputs: BenchmarkInputs, settings: EvaluationSettings) -> dict[str, Record]:
    """Run the benchmark; folds that are trained already are not trained again.

    Returns:
        The columns of the table.

    Raises:
        InputError: If a command fails (the message names its log), or `evaluation` finds problems with maps, table or
            masks.
    """
    preprocess_default(default, inputs.processes, preparation_log(inputs.output))
    arms = {OWN: own, DEFAULT: default}
    for arm in arms.values():
        train(arm, inputs.folds, inputs.device, inputs.output)
    scores = score_arms(arms, inputs.folds, inputs.annotations, inputs.masks, settings)
    records = describe_accuracy(scores, settings)
    for name, arm in arms.items():
        records[name] |= {
            "training": describe_training(arm, inputs.folds, inputs.output),
            "network": describe_network(arm.planned(), arm.fold(inputs.folds[0]) / "checkpoint_final.pth"),
        }
    log = inputs.output / "logs" / "predict.log"
    timed = (inputs.folds[0], inputs.ct, inputs.device, log)
    records[OWN]["prediction"] = describe_own_prediction(own, *timed)
    records[DEFAULT]["prediction"] = describe_default_prediction(default, *timed)
    return records


def notes_on(own: Arm, default: Arm, records: dict[str, Record]) -> list[str]:
    """Notes that explain the table."""
    notes = [
        f"{OWN} was trained for {own.length.epochs} epochs of {own.length.iterations} batches, {DEFAULT} for "
        f"{default.length.epochs} of {default.length.iterations}; the default length of {DEFAULT} is "
        f"{NNUNET_LENGTH.epochs} of {NNUNET_LENGTH.iterations}.",
        "Probabilities are out of fold: no patient is scored by a network that was trained on it.",
        "Intervals are 95% intervals by bootstrap over patients. Those of differences are paired; those at the fixed "
        "noise threshold are computed after DeLong et al. 1988.",
        "Prediction is timed for one fold, from the CT's file to the written result. Memory is that of the largest "
        "process, in GB of 10^9 bytes, without memory of a GPU.",
    ]
    if HEIGHTS in records:
        notes.append(
            "The height rule is given exact masks and centroids, which would have to be found in practice. A vertebra "
            "that is cut off by the image counts as not flagged."
        )
    return notes
