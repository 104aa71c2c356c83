"""What every format of grades without centroids offers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Grading:
    """A reader's judgement of one vertebra.

    Attributes:
        grade: Genant 0 to 3, or None where the level is named only.
        shape: Of a fracture: wedge, biconcave, crush, or None.
    """

    grade: int | None
    shape: str | None


Gradings = dict[str, dict[str, Grading]]
"""Grading by case id and level."""


@dataclass(frozen=True)
class GradeFormat:
    """One way in which grades are written down.

    Attributes:
        name: What it is called in messages.
        matches: Whether a file or folder looks like this format.
        read: All gradings; raises InputError with all problems.
    """

    name: str
    matches: Callable[[Path], bool]
    read: Callable[[Path], Gradings]
