"""The learning rate as a function of the validation history, so that a continued training needs no further state."""

from collections.abc import Sequence


def annealed_learning_rate(initial: float, history: Sequence[float], patience: int) -> float:
    """DeepMedic's "auto" schedule: halved when validation has not improved for `patience` epochs.

    At the end of each epoch: if neither the best validation nor the last halving lies within the last `patience`
    epochs, the rate is halved (trainer.py, `_run_auto_sched_updates`).

    Args:
        history: Validation metric of each finished epoch, higher is better.
    """
    rate = initial
    best, best_epoch, lowered_epoch = float("-inf"), 0, 0
    for epoch, metric in enumerate(history):
        if metric > best:
            best, best_epoch = metric, epoch
        if epoch >= best_epoch + patience and epoch >= lowered_epoch + patience:
            rate /= 2
            lowered_epoch = epoch
    return rate


def is_best(history: Sequence[float]) -> bool:
    """Whether the last finished epoch is better than every one before it."""
    return all(history[-1] > metric for metric in history[:-1])
