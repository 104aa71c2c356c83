"""The operating points and calibrations of vertebrae in an evaluation."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from evaluation.settings import PAPER_CUBE_SIDE, ScoringSettings
from evaluation.statistics.score_calibration import fit_calibration
from vf_nnunet.screening.operating_point import SUMMARY

SCORES = "vertebra_scores.csv"
"""Scores at the annotated centres, in one column for each draw of the localisation error."""
EXPECTED = "expected the output of vf_nnunet evaluate"


def evaluated_vertebrae(folder: Path, summary: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """What an evaluation says about scores of vertebrae, by the kind of centres, as a model's card stores it.

    Args:
        folder: Output folder of `vf_nnunet evaluate`.
        summary: Its summary, as `read_summary` returns it.

    Returns:
        For each kind of centres: `operating_points`, `calibration` (fitted here), `cube_side`, `sigma_per_side`, and
        which `scores` they are. None if vertebrae were not evaluated.

    Raises:
        InputError: If the tables cannot be read, or hold anything else.
    """
    points = summary["operating_points"].get("vertebra")
    if not points:
        return None
    used = summary.get("settings") or {}
    return {"annotated": _of_scores(folder / SCORES, points, used, summary, _centres(used))}


def _of_scores(
    path: Path, points: Mapping[str, Any], used: Mapping[str, Any], summary: Mapping[str, Any], scores: str
) -> dict[str, Any]:
    problems = [
        f"{path.parent / SUMMARY}: operating point {name} of vertebrae is {point!r:.60}; expected a "
        "probability_threshold from 0 to 1"
        for name, point in points.items()
        if not _is_point(point)
    ]
    if problems:
        raise InputError(problems)
    fracture, values = _read_scores(path)
    calibration = fit_calibration(fracture, values) if fracture.size else None
    return {
        "operating_points": {name: {"probability_threshold": _threshold(point)} for name, point in points.items()},
        "calibration": None if calibration is None else asdict(calibration),
        "cube_side": _cube_side(used, summary),
        "sigma_per_side": float(used.get("sigma_per_side", ScoringSettings().sigma_per_side)),
        "scores": scores,
    }


def _is_point(point: Any) -> bool:
    if not isinstance(point, dict) or "probability_threshold" not in point:
        return False
    threshold = point["probability_threshold"]
    return threshold is None or (type(threshold) in (int, float) and 0 <= threshold <= 1)


def _threshold(point: Mapping[str, Any]) -> float | None:
    return None if point["probability_threshold"] is None else float(point["probability_threshold"])


def _centres(used: Mapping[str, Any]) -> str:
    """Words for the annotated centres with their simulated error."""
    if used.get("localisation_error", "normal") == "lognormal":
        return "annotated centres with a lognormal error"
    noise = float(used.get("localisation_noise", ScoringSettings().localisation_noise))
    return f"annotated centres with an error of {noise:g} mm per axis" if noise else "annotated centres"


def _cube_side(used: Mapping[str, Any], summary: Mapping[str, Any]) -> int:
    """The side of the cube; if it was chosen for each fold, the one that was chosen most often, the smallest of equals."""
    side = used.get("cube_side", PAPER_CUBE_SIDE)
    if side != "auto":
        return int(side)
    cube = (summary.get("vertebra") or {}).get("cube") or {}
    chosen = Counter(sorted((cube.get("side_by_fold") or {}).values()))
    return int(chosen.most_common(1)[0][0]) if chosen else PAPER_CUBE_SIDE


def _read_scores(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Whether each vertebra is fractured (n,), and its scores (n, draws)."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
        draws = [name for name in (rows[0] if rows else {}) if name.startswith("score_draw")]
        fracture = np.array([row["fracture"] == "1" for row in rows], dtype=bool)
        scores = np.array([[float(row[name]) for name in draws] for row in rows], dtype=float)
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error!r}); {EXPECTED}") from error
    if rows and (not draws or not ((scores >= 0) & (scores <= 1)).all()):
        raise InputError(f"{path}: no scores from 0 to 1 in columns score_draw0, ...; {EXPECTED}")
    return fracture, scores.reshape(len(rows), -1)
