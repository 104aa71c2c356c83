"""The whole benchmark: both arms trained, scored, timed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.settings import EvaluationSettings
from vf_nnunet.benchmark.accuracy import Record, describe_accuracy, score_arms
from vf_nnunet.benchmark.arms import DEFAULT, HEIGHTS, OWN, Arm
from vf_nnunet.benchmark.length import NNUNET_LENGTH
from vf_nnunet.benchmark.network_cost import describe_network
from vf_nnunet.benchmark.prediction_cost import describe_default_prediction, describe_own_prediction
from vf_nnunet.benchmark.training import describe_training, train


@dataclass(frozen=True)
class Inputs:
    """What both arms are compared on.

    Attributes:
        folds: Folds that are trained and scored.
        annotations: The vertebra table.
        masks: Folder of vertebra masks for the height rule, if there is one.
        ct: The CT whose prediction is timed.
        device: nnU-Net's name of the device.
        output: The benchmark's folder.
    """

    folds: Sequence[int]
    annotations: Path
    masks: Path | None
    ct: Path
    device: str
    output: Path


def run_full(own: Arm, default: Arm, inputs: Inputs, settings: EvaluationSettings) -> dict[str, Record]:
    """The table's columns; what is trained already is not trained again.

    Raises:
        InputError: A command failed; the message names its log.
        InputError: What `evaluation` says of maps, table or masks.
    """
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
    """What a reader of the table must know."""
    notes = [
        f"{OWN} was trained for {own.length.epochs} epochs of {own.length.iterations} batches, {DEFAULT} for "
        f"{default.length.epochs} of {default.length.iterations}; as it ships it is trained for "
        f"{NNUNET_LENGTH.epochs} of {NNUNET_LENGTH.iterations}.",
        "Probabilities are out of fold: each patient is scored by networks that were not trained on it.",
        "Intervals are 95%, by bootstrap over patients; those of differences are paired, and those at the fixed noise "
        "threshold after DeLong et al. 1988.",
        "Prediction is one fold's, whole commands from the CT's file to the written result; memory is that of the "
        "largest process, without a GPU's.",
    ]
    if HEIGHTS in records:
        notes.append(
            "The height rule knows exact masks and centroids, which a report must first find; a vertebra that the "
            "image cuts off counts as not flagged."
        )
    return notes


QUICK_NOTE = (
    "Quick: seconds were measured on a few patches and extrapolated, networks alone; nothing was trained or scored."
)
