"""Operating points chosen on other cases than those on which they are measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.settings import StatisticsSettings
from evaluation.statistics.operating_points import (
    Rates,
    ScoresByNoise,
    Thresholds,
    is_positive,
    operating_rules,
    rates,
    thresholds_at,
)
from evaluation.statistics.roc import BoolArray, IntArray, RocCurve


@dataclass(frozen=True)
class NestedOperatingPoint(Rates):
    """Rates of thresholds for cases on which they were not chosen.

    Attributes:
        by_fold: The thresholds chosen for each fold on the cases of the other folds.
    """

    by_fold: dict[int, Thresholds]


def nested_points(
    fracture: BoolArray,
    scores: ScoresByNoise,
    folds: IntArray,
    curves: Mapping[int, RocCurve],
    settings: StatisticsSettings,
) -> dict[str, NestedOperatingPoint]:
    """Rates of the pooled decisions of all folds, each made at the point chosen on the other folds.

    Args:
        fracture: (cases,), the reference.
        scores: Scores of the cases.
        folds: (cases,).
        curves: The curve of the cases of all other folds, by fold.
        settings: The targets are used.

    Returns:
        By name of the rule that chose the points.
    """
    points = {}
    for name, rule in operating_rules(settings).items():
        by_fold = {fold: thresholds_at(curve, rule(curve)) for fold, curve in curves.items()}
        positive = np.zeros(len(fracture), dtype=bool)
        for fold, thresholds in by_fold.items():
            held_out = folds == fold
            positive[held_out] = is_positive(scores, thresholds)[held_out]
        points[name] = NestedOperatingPoint(**vars(rates(fracture, positive)), by_fold=by_fold)
    return points
