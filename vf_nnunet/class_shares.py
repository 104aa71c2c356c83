"""How the segments of a batch are shared among the classes that they are centred on."""

from collections.abc import Mapping, Sequence

import numpy as np

from vf_nnunet.names import BACKGROUND_LABEL, FRACTURE_LABEL, NORMAL_LABEL
from vf_nnunet.training_settings import TrainingSettings


def class_shares(settings: TrainingSettings, labels: Mapping[str, int]) -> dict[int, float]:
    """Relative share of each label.

    Args:
        labels: Of `dataset.json`, by name; those that the settings do not name have 1.
    """
    named = {
        BACKGROUND_LABEL: settings.background_share,
        NORMAL_LABEL: settings.normal_share,
        FRACTURE_LABEL: settings.fracture_share,
    }
    return {label: named.get(name, 1.0) for name, label in labels.items()}


def classes_in_turn(shares: Sequence[float], batch_size: int, first: int, phase: float) -> list[int]:
    """The class, by its place in `shares`, of each segment of a batch.

    Think of the shares end to end on a line. The segments are points at equal distances on it, each of the class that
    it falls on; they are taken in turn from as many equal stretches of the line as there are classes. So equal shares
    give the classes in turn, and any shares are met exactly on average over `first` and `phase`.

    Args:
        first: Stretch of the first segment.
        phase: From 0 to 1, of the points' distance on a stretch.
    """
    turns, rounds = np.arange(batch_size) % len(shares), np.arange(batch_size) // len(shares)
    stretches = (first + turns) % len(shares)
    points = stretches + (rounds / (rounds[-1] + 1) + phase) % 1
    ends = np.cumsum(shares)
    places: list[int] = np.searchsorted(ends, points * (ends[-1] / len(shares)), side="right").tolist()
    return places
