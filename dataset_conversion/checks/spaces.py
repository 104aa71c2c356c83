"""Check that centroids lie in vertebral bodies, and in which format they would."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.checks.problems import Problem
from dataset_conversion.spine.bone.rival_spaces import CaseFit, Sites, SpaceProblem, compare_spaces

_FORMAT = "format "


@dataclass(frozen=True)
class Centroids:
    """The centroids of a cohort.

    Attributes:
        source: The file or folder they come from.
        sites: Their places by case id.
    """

    source: Path
    sites: Mapping[str, Sites]


def format_space(name: str) -> str:
    """The name of a space that an annotation format gives."""
    return f"{_FORMAT}{name}"


def check_spaces(source: Path, fits: Mapping[str, CaseFit]) -> list[Problem]:
    """An error where another space fits clearly better, or there is no bone near the centroids; else a warning.

    Args:
        source: The file or folder of the centroids.
        fits: The fit of each case by case id.
    """
    return [_report(source, problem) for problem in compare_spaces(fits)]


def _report(source: Path, problem: SpaceProblem) -> Problem:
    found = f"{source}: {problem.describe()}"
    if not problem.is_certain:
        return Problem("warning", f"{found}; expected most of them: look at the pictures of --qc")
    if problem.rival is None:
        return Problem("error", f"{found}; expected bone in each: check the coordinates and which CT they belong to")
    if problem.rival.startswith(_FORMAT):
        return Problem("error", f"{found}; expected bodies: choose --format {problem.rival.removeprefix(_FORMAT)}")
    return Problem("error", f"{found}; expected bodies: correct the coordinates, or choose another --format")
