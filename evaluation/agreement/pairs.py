"""The same vertebrae in the tables of two readers.

Vertebrae are paired by their places, not by their names: two readers can call the same vertebra L5 and S1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from dataset_conversion.spine.settings import settings
from dataset_conversion.spine.vertebra_table import Vertebra, by_case
from evaluation.localisation.matching import UNMATCHED, match_centres


@settings
class PairSettings:
    """When two marks are of one vertebra, and when they differ.

    Attributes:
        radius: Largest distance in mm of two marks of one vertebra. Neighbouring bodies are 15 to 40 mm apart.
        far: Distance in mm from which the places of two marks are a disagreement.
        fracture_grade: Lowest grade that counts as a fracture.
    """

    radius: Annotated[float, Field(gt=0, le=20)] = 12.0
    far: Annotated[float, Field(gt=0)] = 6.0
    fracture_grade: Annotated[int, Field(ge=1, le=3)] = 1


@dataclass(frozen=True)
class Pair:
    """A vertebra as two readers mark it.

    Attributes:
        first: The first reader's mark, None if there is none.
        second: The second reader's.
    """

    first: Vertebra | None
    second: Vertebra | None

    @property
    def either(self) -> Vertebra:
        """The first reader's mark, or else the second's."""
        either = self.first or self.second
        if either is None:
            raise ValueError("a pair of no marks")
        return either

    @property
    def distance(self) -> float | None:
        """Distance of the marks in mm; None if one is missing."""
        if self.first is None or self.second is None:
            return None
        return float(np.linalg.norm(np.subtract(self.first.centroid, self.second.centroid)))

    @property
    def is_graded(self) -> bool:
        """Whether both readers gave a grade."""
        return all(mark is not None and mark.grade is not None for mark in (self.first, self.second))

    def differences(self, far: float) -> tuple[str, ...]:
        """What the readers say differently: missing, level, gradable, grade, shape or place.

        Args:
            far: Distance in mm from which places differ.
        """
        first, second, distance = self.first, self.second, self.distance
        if first is None or second is None or distance is None:
            return ("missing",)
        found = {
            "level": first.vertebra != second.vertebra,
            "gradable": (first.grade is None) != (second.grade is None),
            "grade": self.is_graded and first.grade != second.grade,
            "shape": self.is_graded and first.shape != second.shape,
            "place": distance >= far,
        }
        return tuple(name for name, differs in found.items() if differs)


def pair_readings(first: Sequence[Vertebra], second: Sequence[Vertebra], settings: PairSettings) -> list[Pair]:
    """Pair the vertebrae of the cases that both readers annotated.

    Args:
        first: The table of the first reader.
        second: That of the second.
        settings: The radius is used.

    Returns:
        Pairs by case, from the head down; vertebrae that only one reader marked are pairs too.
    """
    mine, theirs = by_case(first), by_case(second)
    return [pair for case in sorted(mine.keys() & theirs.keys()) for pair in _pair(mine[case], theirs[case], settings)]


def unshared_cases(first: Sequence[Vertebra], second: Sequence[Vertebra]) -> Mapping[str, tuple[str, ...]]:
    """The cases that only one reader annotated: those of the `first` and of the `second`."""
    mine, theirs = by_case(first).keys(), by_case(second).keys()
    return {"first": tuple(sorted(mine - theirs)), "second": tuple(sorted(theirs - mine))}


def _pair(first: Sequence[Vertebra], second: Sequence[Vertebra], settings: PairSettings) -> list[Pair]:
    mine, theirs = (np.array([mark.centroid for mark in marks]) for marks in (first, second))
    partner = match_centres(theirs, mine, settings.radius).tolist()
    pairs = [Pair(mark, None if at == UNMATCHED else second[at]) for mark, at in zip(first, partner, strict=True)]
    pairs += [Pair(None, mark) for at, mark in enumerate(second) if at not in partner]
    return sorted(pairs, key=lambda pair: -pair.either.z)
