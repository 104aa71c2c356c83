"""Vertebrae that were found in a probability map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray


@dataclass(frozen=True)
class LocatedVertebra:
    """The centre of a vertebral body.

    Attributes:
        centre: Position (x, y, z), LPS mm.
        probability: Smoothed probability of a vertebra there, all classes of vertebrae together, 0 to 1.
        inserted: Whether the map shows no vertebra there. It was placed between two others because their distance
            leaves a gap in the chain.
    """

    centre: tuple[float, float, float]
    probability: float
    inserted: bool


def centres_of(located: Sequence[LocatedVertebra]) -> FloatArray:
    """The centres (n, 3) of located vertebrae, LPS mm."""
    return np.array([vertebra.centre for vertebra in located]).reshape(-1, 3)
