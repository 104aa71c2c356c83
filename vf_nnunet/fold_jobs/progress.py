"""How far the training of a fold is, by the logs in its folder; no checkpoint is read."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, nan
from pathlib import Path
from statistics import median

LOGS = "training_log_*.txt"
"""nnU-Net writes one for each start of a training."""
_EPOCH = re.compile(r"^(\S+ \S+): Epoch (\d+)\s*$")
_RESULT = re.compile(r"(?:foreground Dice ([\d.]+|nan), |Epoch time: )([\d.]+) s")
"""The last line of an epoch, of this plugin's trainer and of nnU-Net's."""
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
    ended: dict[int, _Epoch] = {}
    for log in sorted(folder.glob(LOGS), key=lambda path: path.stat().st_mtime):
        _read(log, ended)
    best = max((epoch.dice for epoch in ended.values() if isfinite(epoch.dice)), default=None)
    recent = [epoch.seconds for _, epoch in sorted(ended.items())[-RECENT:]]
    return Progress(max(ended, default=-1) + 1, best, median(recent) if recent else None)


@dataclass
class _Epoch:
    """An epoch in a log."""

    number: int
    begun: str
    dice: float = nan
    seconds: float = 0.0

    def until(self, text: str) -> None:
        """Note when the next one began, which is later than its own end by the time that the checkpoint takes."""
        with suppress(ValueError):
            self.seconds = (datetime.fromisoformat(text) - datetime.fromisoformat(self.begun)).total_seconds()


def _read(log: Path, ended: dict[int, _Epoch]) -> None:
    """Add the epochs that ended in a log to those of earlier logs."""
    current: _Epoch | None = None
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        begun, result = _EPOCH.search(line), _RESULT.search(line)
        if begun is not None:
            if current is not None:
                current.until(begun.group(1))
            current = _Epoch(int(begun.group(2)), begun.group(1))
            # An epoch that was cut short is repeated, and a new training in the folder begins with 0.
            for number in [number for number in ended if number >= current.number]:
                del ended[number]
        elif result is not None and current is not None:
            current.dice, current.seconds = float(result.group(1) or nan), float(result.group(2))
            ended[current.number] = current
