"""The learning rate as a function of the validation history, so that a continued training needs no other state."""

from collections.abc import Sequence

import numpy as np

from vf_nnunet.training.settings import TrainingSettings


def scheduled_learning_rate(settings: TrainingSettings, history: Sequence[float]) -> float:
    """The learning rate of the next epoch.

    Args:
        settings: Of the training.
        history: Validation metric of each finished epoch, higher is better.
    """
    if settings.schedule == "poly":
        return polynomial_learning_rate(settings, len(history))
    return annealed_learning_rate(settings, history)


def polynomial_learning_rate(settings: TrainingSettings, epoch: int) -> float:
    """DeepMedic's "poly" schedule: constant for a third of the epochs, then initial (1 - x)^0.9 with x from 0 to 1."""
    waiting = settings.epochs * settings.poly_waiting_share
    elapsed = max(0.0, epoch - waiting) / (settings.epochs - waiting)
    return float(settings.learning_rate * (1 - elapsed) ** settings.poly_exponent)


def annealed_learning_rate(settings: TrainingSettings, history: Sequence[float]) -> float:
    """DeepMedic's "auto" schedule: halved when validation has not improved for `patience` epochs.

    At the end of each epoch: if neither the best validation nor the last halving lies within the last `patience`
    epochs, the rate is halved (DeepMedic's trainer.py, `_run_auto_sched_updates`).

    Args:
        settings: Of the training; `plateau_factor` takes the place of one half.
        history: Validation metric of each finished epoch, higher is better.
    """
    rate, patience = settings.learning_rate, settings.patience
    best, best_epoch, lowered_epoch = float("-inf"), 0, 0
    for epoch, metric in enumerate(history):
        if metric > best:
            best, best_epoch = metric, epoch
        if epoch >= best_epoch + patience and epoch >= lowered_epoch + patience:
            rate *= settings.plateau_factor
            lowered_epoch = epoch
    return rate


def is_best(history: Sequence[float]) -> bool:
    """Whether the last finished epoch is better than all epochs before it."""
    return all(history[-1] > metric for metric in history[:-1])


def has_stalled(schedule: str, history: Sequence[float], stop_patience: int) -> bool:
    """Whether the training ends because validation has not improved for `stop_patience` epochs.

    Args:
        schedule: Only "auto" ends early; "poly" is designed for its number of epochs.
        history: Validation metric of each finished epoch, higher is better.
        stop_patience: Epochs without improvement; with 0 the training never ends early.
    """
    if schedule != "auto" or stop_patience == 0 or not history:
        return False
    best_epoch = int(np.argmax(history))  # the first, if several are equal
    return len(history) - 1 - best_epoch >= stop_patience
