"""Vertebra-level results by grade, by level and by region of the spine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from evaluation.analysis import VertebraAnalysis, mean_auc
from evaluation.operating_points import rate
from evaluation.roc import BoolArray
from evaluation.scores import VertebraScores
from evaluation.settings import GENANT_GRADES

# From head to sacrum.
SECTIONS = "CTLS"
REGIONS = ("C1-C7", "T1-T6", "T7-T13", "L1-L6", "S1-S2")
LAST_UPPER_THORACIC = 6


def by_grade(vertebrae: VertebraScores, analysis: VertebraAnalysis | None) -> dict[str, Any]:
    """For each Genant grade that occurs: its AUC against all vertebrae without a fracture, and the share flagged."""
    return {
        str(grade): _describe(vertebrae, analysis, vertebrae.grade == grade, against_normal=True)
        for grade in (0, *GENANT_GRADES)
        if np.any(vertebrae.grade == grade)
    }


def by_level(vertebrae: VertebraScores, analysis: VertebraAnalysis | None) -> dict[str, Any]:
    """For each level that occurs, from head to sacrum: the AUC within the level, and the share flagged."""
    return _by_name(vertebrae, analysis, sorted(set(vertebrae.vertebra), key=_down_the_spine), lambda level: level)


def by_region(vertebrae: VertebraScores, analysis: VertebraAnalysis | None) -> dict[str, Any]:
    """As `by_level`, for the regions of the spine that occur."""
    return _by_name(vertebrae, analysis, REGIONS, region_of)


def region_of(level: str) -> str:
    """The region of a level: cervical, upper thoracic, lower thoracic, lumbar or sacral."""
    section, number = _down_the_spine(level)
    is_lower = section > SECTIONS.index("T") or (section == SECTIONS.index("T") and number > LAST_UPPER_THORACIC)
    return REGIONS[section + int(is_lower)]


def _down_the_spine(level: str) -> tuple[int, int]:
    return SECTIONS.index(level[0]), int(level[1:])


def _by_name(
    vertebrae: VertebraScores, analysis: VertebraAnalysis | None, names: Iterable[str], name_of: Callable[[str], str]
) -> dict[str, Any]:
    found = np.array([name_of(level) for level in vertebrae.vertebra])
    return {
        name: _describe(vertebrae, analysis, found == name, against_normal=False) for name in names if name in found
    }


def _describe(
    vertebrae: VertebraScores, analysis: VertebraAnalysis | None, members: BoolArray, against_normal: bool
) -> dict[str, Any]:
    compared = members | ~vertebrae.fracture if against_normal else members
    has_fracture = bool(vertebrae.fracture[members].any())
    mean_scores = vertebrae.scores[members].mean(axis=1)
    return {
        "n": int(members.sum()),
        "positives": int(vertebrae.fracture[members].sum()),
        "mean_score": float(mean_scores.mean()),
        "auc": mean_auc(vertebrae, compared) if has_fracture else None,
        "flagged": None if analysis is None else asdict(rate(mean_scores >= _threshold(analysis))),
    }


def _threshold(analysis: VertebraAnalysis) -> float:
    threshold = analysis.operating_points["youden"].probability_threshold
    return np.inf if threshold is None else threshold
