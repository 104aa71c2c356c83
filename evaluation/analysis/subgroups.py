"""Vertebra-level results by grade, shape, level, region and surroundings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from dataset_conversion.spine.genant import FRACTURE_GRADES, SHAPES
from dataset_conversion.spine.levels import REGIONS, level_index, region_of
from evaluation.analysis.curves import VertebraAnalysis
from evaluation.statistics.auc_interval import Interval, auc_interval
from evaluation.statistics.clustered_auc import clustered_auc
from evaluation.statistics.operating_points import rate
from evaluation.statistics.roc import BoolArray
from evaluation.statistics.scores import VertebraScores, mean_auc
from evaluation.vertebra.surroundings import VertebraSurroundings


def by_grade(vertebrae: VertebraScores, analysis: VertebraAnalysis | None) -> dict[str, Any]:
    """For each Genant grade that occurs: the AUC against all vertebrae without a fracture, and the share flagged.

    Where `auc_interval` gives none, because fewer than ten patients have vertebrae of a class, `auc_ci95` is None.
    """
    groups = {str(grade): vertebrae.grade == grade for grade in (0, *FRACTURE_GRADES)}
    return _describe_all(vertebrae, analysis, groups, against_normal=True)


def by_level(vertebrae: VertebraScores, analysis: VertebraAnalysis | None) -> dict[str, Any]:
    """For each level that occurs, from head to sacrum: the AUC within the level, and the share flagged."""
    return _by_name(vertebrae, analysis, sorted(set(vertebrae.vertebra), key=level_index), lambda level: level)


def by_region(vertebrae: VertebraScores, analysis: VertebraAnalysis | None) -> dict[str, Any]:
    """As `by_level`, for the regions of the spine that occur."""
    return _by_name(vertebrae, analysis, REGIONS, region_of)


def by_surroundings(
    vertebrae: VertebraScores, analysis: VertebraAnalysis | None, surroundings: VertebraSurroundings
) -> dict[str, Any]:
    """Group results by fracture shape, scan edge, run of adjacent fractures and fractured neighbours.

    Returns:
        `by_shape` and `by_run` compare fractures with all vertebrae without one, as `by_grade` does. `by_edge` and
        `by_neighbour` compare within each group, as `by_level` does.
    """
    shape = np.array([name or "not given" for name in surroundings.shape])
    shapes = {name: vertebrae.fracture & (shape == name) for name in (*SHAPES, "not given")}
    runs = {
        "single": surroundings.run_length == 1,
        "run of 2": surroundings.run_length == 2,
        "run of 3 or more": surroundings.run_length >= 3,
    }
    edge = {"at the scan's edge": surroundings.edge, "inside": ~surroundings.edge}
    neighbour = {"beside a fracture": surroundings.beside_fracture, "elsewhere": ~surroundings.beside_fracture}
    return {
        "by_shape": _describe_all(vertebrae, analysis, shapes, against_normal=True),
        "by_run": _describe_all(vertebrae, analysis, runs, against_normal=True),
        "by_edge": _describe_all(vertebrae, analysis, edge, against_normal=False),
        "by_neighbour": _describe_all(vertebrae, analysis, neighbour, against_normal=False),
    }


def _by_name(
    vertebrae: VertebraScores, analysis: VertebraAnalysis | None, names: Iterable[str], name_of: Callable[[str], str]
) -> dict[str, Any]:
    found = np.array([name_of(level) for level in vertebrae.vertebra])
    return _describe_all(vertebrae, analysis, {name: found == name for name in names}, against_normal=False)


def _describe_all(
    vertebrae: VertebraScores, analysis: VertebraAnalysis | None, groups: dict[str, BoolArray], against_normal: bool
) -> dict[str, Any]:
    """Describe the groups that are not empty."""
    return {
        name: _describe(vertebrae, analysis, members, against_normal)
        for name, members in groups.items()
        if members.any()
    }


def _describe(
    vertebrae: VertebraScores, analysis: VertebraAnalysis | None, members: BoolArray, against_normal: bool
) -> dict[str, Any]:
    compared = members | ~vertebrae.fracture if against_normal else members
    fracture = vertebrae.fracture[members]
    mean_scores = vertebrae.scores[members].mean(axis=1)
    flagged = None if analysis is None else mean_scores >= _threshold(analysis)
    auc = mean_auc(vertebrae, compared) if fracture.any() else None
    interval = None if auc is None else _auc_interval(vertebrae, compared)
    return {
        "n": int(members.sum()),
        "positives": int(fracture.sum()),
        "mean_score": float(mean_scores.mean()),
        "auc": auc,
        "auc_ci95": None if interval is None else list(interval),
        "sensitivity": None if flagged is None else asdict(rate(flagged[fracture])),
        "false_positive_rate": None if flagged is None else asdict(rate(flagged[~fracture])),
    }


def _auc_interval(vertebrae: VertebraScores, chosen: BoolArray) -> Interval | None:
    """Interval over patients of the AUC of some vertebrae of both classes."""
    return auc_interval(clustered_auc(vertebrae.fracture[chosen], vertebrae.scores[chosen], vertebrae.patient[chosen]))


def _threshold(analysis: VertebraAnalysis) -> float:
    threshold = analysis.operating_points["youden"].probability_threshold
    return np.inf if threshold is None else threshold
