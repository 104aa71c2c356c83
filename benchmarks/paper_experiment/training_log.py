"""What the checkpoints say about the trainings: epochs, plateaus, the best epoch and the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.paper_experiment.experiment import Experiment
from vf_nnunet.nnunet.checks import read_checkpoint
from vf_nnunet.nnunet.folds import fold_number
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT


@dataclass(frozen=True)
class TrainedFold:
    """The training of a fold.

    Attributes:
        number: Number of the fold.
        epochs: Epochs that were trained.
        stopped_early: Whether there are fewer than planned.
        best_epoch: The epoch that was best in the inner validation, from 0.
        best_dice: Its mean foreground Dice there.
        last_rate: Learning rate of the last epoch.
        seconds: Of all epochs, without the predictions.
    """

    number: int
    epochs: int
    stopped_early: bool
    best_epoch: int
    best_dice: float
    last_rate: float
    seconds: float


def trained_folds(experiment: Experiment) -> Sequence[TrainedFold]:
    """The folds whose training has ended."""
    finals = sorted(experiment.model.glob(f"fold_*/{FINAL_CHECKPOINT}"), key=lambda path: fold_number(path.parent))
    return [read_training(path, experiment.options.epochs) for path in finals]


def read_training(checkpoint: Path, planned_epochs: int) -> TrainedFold:
    """Read the log in a final checkpoint.

    Args:
        checkpoint: The file.
        planned_epochs: Epochs after which a training ends in any case.
    """
    log = read_checkpoint(checkpoint)["logging"]
    dice, rates = log["mean_fg_dice"], log["lrs"]
    times = zip(log["epoch_start_timestamps"], log["epoch_end_timestamps"], strict=True)
    best = int(np.argmax(dice))
    return TrainedFold(
        number=fold_number(checkpoint.parent),
        epochs=len(dice),
        stopped_early=len(dice) < planned_epochs,
        best_epoch=best,
        best_dice=float(dice[best]),
        last_rate=float(rates[-1]),
        seconds=sum(ended - started for started, ended in times),
    )
