"""The operating points and calibrations of vertebrae in an evaluation."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import PAPER_CUBE_SIDE, ScoringSettings, StatisticsSettings
from evaluation.statistics.operating_points import operating_rules, thresholds_at
from evaluation.statistics.roc import BoolArray, has_both_classes, roc_curve
from evaluation.statistics.score_calibration import fit_calibration
from vf_nnunet.screening.operating_point import SUMMARY, check_points, is_share

SCORES = "vertebra_scores.csv"
"""Scores at the annotated centres, in one column for each draw of the localisation error."""
LOCATED = "located_vertebrae.csv"
"""Scores at the centres that were found in the maps, with the grade of the annotated vertebra there."""
FOUND = "found"
"""Outcome of a located vertebra that is an annotated one."""
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
    check_points(folder / SUMMARY, points, _is_point, "a probability_threshold from 0 to 1", of=" of vertebrae")
    cube = {
        "cube_side": _cube_side(used, summary),
        "sigma_per_side": float(used.get("sigma_per_side", ScoringSettings().sigma_per_side)),
    }
    scores = _read_draws(folder / SCORES)
    evaluated = {"annotated": {**_level(points, scores), **cube, "scores": _centres(used)}}
    if (summary.get("vertebra") or {}).get("own_centres") is None:
        return evaluated
    fracture, located = _read_located(folder / LOCATED, int(used.get("fracture_grade", 1)))
    if has_both_classes(fracture):
        own = _level(_points_of(fracture, located, used), (fracture, located))
        evaluated["own"] = {**own, **cube, "scores": "centres located in the maps"}
    return evaluated


def _level(points: Mapping[str, Any], scores: tuple[BoolArray, FloatArray]) -> dict[str, Any]:
    """Thresholds and calibration."""
    calibration = fit_calibration(*scores)
    return {
        "operating_points": {name: {"probability_threshold": _threshold(point)} for name, point in points.items()},
        "calibration": None if calibration is None else asdict(calibration),
    }


def _points_of(fracture: BoolArray, scores: FloatArray, used: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The operating points of scores, chosen by the rules of the evaluation."""
    targets = {name: used[name] for name in ("target_sensitivity", "target_specificity") if name in used}
    curve = roc_curve(fracture, scores)
    return {
        name: asdict(thresholds_at(curve, rule(curve)))
        for name, rule in operating_rules(StatisticsSettings(**targets)).items()
    }


def _is_point(point: Any) -> bool:
    if not isinstance(point, dict) or "probability_threshold" not in point:
        return False
    threshold = point["probability_threshold"]
    return threshold is None or is_share(threshold)


def _threshold(point: Mapping[str, Any]) -> float | None:
    return None if point["probability_threshold"] is None else float(point["probability_threshold"])


def _centres(used: Mapping[str, Any]) -> str:
    """Words for the annotated centres with their simulated error."""
    if used.get("localisation_error", "normal") == "lognormal":
        return "annotated centres with a lognormal error"
    noise = float(used.get("localisation_noise", ScoringSettings().localisation_noise))
    return f"annotated centres with an error of {noise:g} mm per axis" if noise else "annotated centres"


def _cube_side(used: Mapping[str, Any], summary: Mapping[str, Any]) -> int:
    """The side of the cube; if each fold has its own, the most frequent one, the smallest of several."""
    side = used.get("cube_side", PAPER_CUBE_SIDE)
    if side != "auto":
        return int(side)
    cube = (summary.get("vertebra") or {}).get("cube") or {}
    chosen = Counter(sorted((cube.get("side_by_fold") or {}).values()))
    return int(chosen.most_common(1)[0][0]) if chosen else PAPER_CUBE_SIDE


def _read_draws(path: Path) -> tuple[BoolArray, FloatArray]:
    """Whether each vertebra is fractured (n,), and its scores (n, draws)."""
    rows = _read(path)
    draws = [name for name in (rows[0] if rows else {}) if name.startswith("score_draw")]
    fracture = [row.get("fracture") == "1" for row in rows]
    return np.array(fracture, dtype=bool), _scores(path, [[row.get(name) for name in draws] for row in rows])


def _read_located(path: Path, fracture_grade: int) -> tuple[BoolArray, FloatArray]:
    """Whether each graded vertebra that was found is fractured (n,), and its score (n,)."""
    rows = [row for row in _read(path) if row.get("outcome") == FOUND and row.get("grade")]
    grades = _numbers(path, [row["grade"] for row in rows], 3)
    return grades >= fracture_grade, _scores(path, [[row.get("score")] for row in rows]).ravel()


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return list(csv.DictReader(stream))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); {EXPECTED}") from error


def _scores(path: Path, cells: Sequence[Sequence[Any]]) -> FloatArray:
    return _numbers(path, cells, 1)


def _numbers(path: Path, cells: Sequence[Any], highest: float) -> FloatArray:
    """Cells as numbers from 0 to `highest`."""
    try:
        numbers = np.array(cells, dtype=float)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: a cell is no number ({error}); {EXPECTED}") from error
    if not numbers.size or not ((numbers >= 0) & (numbers <= highest)).all():
        raise InputError(f"{path}: no numbers from 0 to {highest:g} where scores and grades should be; {EXPECTED}")
    return numbers
