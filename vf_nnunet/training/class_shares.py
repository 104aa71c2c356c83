"""How the segments of a batch are shared among the classes that they are centred on."""

from collections.abc import Mapping, Sequence

import numpy as np

from dataset_conversion.spine.labels import BACKGROUND_NAME, FRACTURE_NAME, NORMAL_NAME
from vf_nnunet.training.settings import TrainingSettings


def class_shares(settings: TrainingSettings, labels: Mapping[str, int]) -> dict[int, float]:
    """Relative share of each label.

    Args:
        labels: Of `dataset.json`, by name; those that the settings do not name have 1.
    """
    named = {
        BACKGROUND_NAME: settings.background_share,
        NORMAL_NAME: settings.normal_share,
        FRACTURE_NAME: settings.fracture_share,
    }
    return {label: named.get(name, 1.0) for name, label in labels.items()}


def systematic_sample(shares: Sequence[float], batch_size: int, offset: float) -> list[int]:
    """The class, by its place in `shares`, of each segment of a batch.

    Systematic sampling: points at equal distances on the shares laid end to end. Each class has its share of the batch
    but for less than one segment, and exactly its share on average over `offset`.

    Args:
        offset: Of the first point, from 0 to 1 of the distance.
    """
    ends = np.cumsum(shares)
    points = (np.arange(batch_size) + offset) / batch_size * ends[-1]
    # Rounding may put the last point on the last end.
    places: list[int] = np.minimum(np.searchsorted(ends, points, side="right"), len(shares) - 1).tolist()
    return places
