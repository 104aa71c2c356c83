"""Operating points chosen on other cases than those they are measured on."""

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
    """What thresholds mean for cases that had no part in choosing them.

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
    """For each rule, by name, the pooled decisions of all folds, each made at the point chosen on the others.

    Args:
        fracture: (cases,), the reference.
        scores: The cases' scores.
        folds: (cases,).
        curves: For each fold the curve of the cases of all other folds.
        settings: The targets are used.
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
