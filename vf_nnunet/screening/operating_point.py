"""The thresholds above which a patient is called positive."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dataset_conversion.spine.errors import InputError

SUMMARY = "summary.json"
DEFAULT_NAME = "youden"
"""The evaluation's point of largest sensitivity + specificity."""
RULE: Mapping[str, Any] = MappingProxyType({"count": "largest", "connectivity": 26})
"""Settings of an evaluation under which its thresholds mean what they mean in a prediction."""


@dataclass(frozen=True)
class OperatingPoint:
    """A patient is positive with a component of enough voxels at or above the probability threshold.

    Attributes:
        probability_threshold: Between 0 and 1.
        noise_threshold_voxels: Least size of a component, in voxels of 1 mm3.
        source: Where the thresholds come from.
    """

    probability_threshold: float = 0.5
    noise_threshold_voxels: int = 125
    source: str = "default, not chosen by an evaluation"

    def __post_init__(self) -> None:
        """Refuse thresholds that nothing or everything would pass."""
        findings = []
        if not 0 < self.probability_threshold < 1:
            findings.append(f"probability threshold {self.probability_threshold}, wanted between 0 and 1")
        if self.noise_threshold_voxels < 1:
            findings.append(f"noise threshold {self.noise_threshold_voxels} voxels, wanted at least 1")
        if findings:
            raise InputError(findings)

    def to_json(self) -> dict[str, Any]:
        """As `<case>.json` has it."""
        return asdict(self)


def choose_operating_point(
    points: Mapping[str, Mapping[str, Any]] | None,
    name: str | None = None,
    probability_threshold: float | None = None,
    noise_threshold: int | None = None,
) -> OperatingPoint:
    """The point to use: thresholds that were asked for, before the evaluation's, before the default.

    Args:
        points: The patient's operating points of an evaluation by name, None without one.
        name: Which of them; by default Youden's where it is there.
        probability_threshold, noise_threshold: Asked for by the user.

    Raises:
        InputError: If the named point is not there, or a threshold is out of range.
    """
    # Nobody is positive without a threshold, and everybody at 0.
    usable = {key: point for key, point in (points or {}).items() if point.get("probability_threshold")}
    if name is not None and name not in usable:
        raise InputError(f"operating point {name!r}: the model's evaluation has {', '.join(sorted(usable)) or 'none'}")
    point = OperatingPoint()
    chosen = usable.get(name or DEFAULT_NAME)
    if chosen is not None:
        point = OperatingPoint(
            # A score of exactly 1 is a threshold that storing rounds to 1.
            min(float(chosen["probability_threshold"]), 1 - 1e-6),
            int(chosen["noise_threshold"]),
            f"{name or DEFAULT_NAME} point of the model's evaluation",
        )
    if probability_threshold is None and noise_threshold is None:
        return point
    return OperatingPoint(
        point.probability_threshold if probability_threshold is None else probability_threshold,
        point.noise_threshold_voxels if noise_threshold is None else noise_threshold,
        "command line",
    )


def read_summary(folder: Path) -> dict[str, Any]:
    """An evaluation's `summary.json`.

    Args:
        folder: What `vf_nnunet evaluate -o` wrote.

    Raises:
        InputError: If it is missing, is no summary, or counted voxels by another rule than the prediction does.
    """
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}), wanted what vf_nnunet evaluate -o writes") from error
    if not isinstance(summary, dict) or not {"operating_points", "patient", "vertebra"} <= summary.keys():
        raise InputError(f"{path}: no summary of an evaluation, wanted what vf_nnunet evaluate -o writes")
    _check_rule(path, summary.get("settings", {}))
    return summary


def _check_rule(path: Path, settings: Mapping[str, Any]) -> None:
    findings = [
        f"{path}: evaluated with {name} {settings[name]}, wanted {wanted}, by which predictions are counted"
        for name, wanted in RULE.items()
        if settings.get(name, wanted) != wanted
    ]
    if findings:
        raise InputError(findings)


def patient_points(summary: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """The patient's operating points by name; None where the evaluation has none."""
    points: dict[str, dict[str, Any]] | None = summary["operating_points"]["patient"]
    return points
