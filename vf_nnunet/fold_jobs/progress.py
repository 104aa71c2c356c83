"""How far the training of a fold is, by the logs in its folder; no checkpoint is read."""

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import median

LOGS = "training_log_*.txt"
"""nnU-Net writes one for each start of a training."""
_EPOCH = re.compile(r": Epoch (\d+)\s*$")
_RESULT = re.compile(r"foreground Dice ([\d.]+|nan), ([\d.]+) s")
RECENT = 5
"""Epochs whose median time tells how long the others take."""


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        epochs: Epochs that ended.
        best: Best mean foreground Dice of the inner validation, None before the first epoch has ended.
        seconds: Median seconds of the last epochs, without the pauses between two starts.
    """

    epochs: int = 0
    best: float | None = None
    seconds: float | None = None

    def minutes_left(self, planned: int) -> float | None:
        """Minutes until the planned number of epochs, if the training does not end early."""
        return None if self.seconds is None else max(planned - self.epochs, 0) * self.seconds / 60


def read_progress(folder: Path) -> Progress:
    """The progress of a fold.

    Args:
        folder: nnU-Net's folder of the fold, which need not exist.
    """
    ended: dict[int, tuple[float, float]] = {}
    for log in sorted(folder.glob(LOGS), key=lambda path: path.stat().st_mtime):
        epoch = None
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            begun, result = _EPOCH.search(line), _RESULT.search(line)
            if begun is not None:
                epoch = int(begun.group(1))
                # An epoch that was cut short is repeated, and a new training in the folder begins with 0.
                ended = {number: values for number, values in ended.items() if number < epoch}
            elif result is not None and epoch is not None:
                ended[epoch] = float(result.group(1)), float(result.group(2))
    best = max((dice for dice, _ in ended.values() if isfinite(dice)), default=None)
    recent = [seconds for _, (_, seconds) in sorted(ended.items())[-RECENT:]]
    return Progress(max(ended, default=-1) + 1, best, median(recent) if recent else None)
