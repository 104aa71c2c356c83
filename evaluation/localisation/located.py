"""A vertebra that was found in a probability map."""

from __future__ import annotations

from dataclasses import dataclass


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
