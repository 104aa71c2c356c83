"""The thresholds above which a patient is called positive."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field

from dataset_conversion.spine.errors import InputError, shorten
from dataset_conversion.spine.settings import settings

SUMMARY = "summary.json"
DEFAULT_NAME = "youden"
"""Name of the evaluation's point with the largest sensitivity + specificity."""
RULE: Mapping[str, Any] = MappingProxyType({"count": "largest", "connectivity": 26})
"""Settings of an evaluation whose thresholds can be used in a prediction, which counts voxels by this rule."""
LARGEST_THRESHOLD = 1 - 1e-6
"""Rounding can store a score as exactly 1. As a threshold it is lowered to this one, which such a score still meets."""


@settings
class OperatingPoint:
    """A patient is positive with a component of enough voxels at or above the probability threshold.

    Attributes:
        probability_threshold: Between 0 and 1.
        noise_threshold_voxels: Smallest size of a component, in voxels of 1 mm3.
        source: Where the thresholds come from.
    """

    probability_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    noise_threshold_voxels: Annotated[int, Field(ge=1)] = 125
    source: str = "default, not chosen by an evaluation"

    def to_json(self) -> dict[str, Any]:
        """The content of `operating_point` in `<case>.json`."""
        return asdict(self)


def choose_operating_point(
    points: Mapping[str, Mapping[str, Any]] | None,
    name: str | None = None,
    probability_threshold: float | None = None,
    noise_threshold: int | None = None,
) -> OperatingPoint:
    """Choose the thresholds: the given ones first, then the evaluation's, then the default.

    Args:
        points: Operating points of an evaluation for patients, by name; None if there is no evaluation.
        name: Name of one of them; None takes Youden's point if the evaluation has it.
        probability_threshold: Replaces that of the point.
        noise_threshold: Replaces that of the point, in voxels of 1 mm3.

    Raises:
        InputError: If the named point does not exist, or a threshold is out of range.
    """
    point = _point_of_evaluation(points or {}, name)
    given = {"probability_threshold": probability_threshold, "noise_threshold_voxels": noise_threshold}
    replaced: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    return replace(point, **replaced, source="command line") if replaced else point


def _point_of_evaluation(points: Mapping[str, Mapping[str, Any]], name: str | None) -> OperatingPoint:
    # Without a probability threshold no patient is positive, and at 0 all are.
    usable = {key: point for key, point in points.items() if point.get("probability_threshold")}
    if name is not None and name not in usable:
        raise InputError(f"operating point {name!r}: the model's evaluation has {', '.join(sorted(usable)) or 'none'}")
    chosen = name or DEFAULT_NAME
    if chosen not in usable:
        return OperatingPoint()
    return OperatingPoint(
        min(float(usable[chosen]["probability_threshold"]), LARGEST_THRESHOLD),
        int(usable[chosen]["noise_threshold"]),
        f"{chosen} point of the model's evaluation",
    )


def read_summary(folder: Path) -> dict[str, Any]:
    """Read the `summary.json` of an evaluation.

    Args:
        folder: Output folder of `vf_nnunet evaluate`.

    Raises:
        InputError: If the file is missing, is not a summary, or voxels were counted by another rule than `RULE`.
    """
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected the output of vf_nnunet evaluate") from error
    if not isinstance(summary, dict) or not {"operating_points", "patient", "vertebra"} <= summary.keys():
        raise InputError(f"{path}: not the summary of an evaluation; expected the output of vf_nnunet evaluate")
    _check_structure(path, summary)
    _check_rule(path, summary.get("settings", {}))
    return summary


def _check_structure(path: Path, summary: Mapping[str, Any]) -> None:
    """Check the parts that are used; a file that was edited can hold anything."""
    points, used = summary["operating_points"], summary.get("settings", {})
    levels = points if isinstance(points, dict) else {"patient": points}
    by_name = levels.get("patient") or {}
    if not isinstance(used, dict) or not isinstance(points, dict) or not isinstance(by_name, dict):
        raise InputError(f"{path}: no operating points and settings of patients; expected those of vf_nnunet evaluate")
    expected = "a probability_threshold from 0 to 1 and a noise_threshold of 1 or more"
    check_points(path, by_name, _is_point, expected)


def check_points(
    path: Path, points: Mapping[str, Any], is_point: Callable[[Any], bool], expected: str, of: str = ""
) -> None:
    """Check operating points from a file.

    Args:
        path: The file, for messages.
        points: The points by name.
        is_point: Whether a point can be used.
        expected: What a point holds, for messages.
        of: Whose points they are, for messages.

    Raises:
        InputError: If some cannot be used; all at once.
    """
    problems = [
        f"{path}: operating point {name}{of} is {shorten(repr(point))}; expected {expected}"
        for name, point in points.items()
        if not is_point(point)
    ]
    if problems:
        raise InputError(problems)


def _is_point(point: Any) -> bool:
    """Whether an operating point has thresholds in their limits; without a probability nobody is positive."""
    if not isinstance(point, dict):
        return False
    probability, noise = point.get("probability_threshold"), point.get("noise_threshold")
    return type(noise) is int and noise >= 1 and (probability is None or is_share(probability))


def is_share(value: Any) -> bool:
    """Whether a value from a file is a number from 0 to 1."""
    return type(value) in (int, float) and 0 <= value <= 1


def _check_rule(path: Path, used: Mapping[str, Any]) -> None:
    problems = [
        f"{path}: evaluated with {name} {used[name]}; expected {expected}, as in predictions"
        for name, expected in RULE.items()
        if used.get(name, expected) != expected
    ]
    if problems:
        raise InputError(problems)


def patient_points(summary: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """Operating points for patients by name; None if the evaluation has none."""
    points: dict[str, dict[str, Any]] | None = summary["operating_points"]["patient"]
    return points
