"""Single thresholds, chosen from a curve, with what they mean for the cohort.

Chosen on the cases they are measured on, they are favoured; `nested_points` chooses each fold's on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import StatisticsSettings
from evaluation.statistics.roc import BoolArray, RocCurve, RocHull

Rule = Callable[[RocCurve], int]
"""Chooses a point of a curve."""

ScoresByNoise = Mapping[int | None, FloatArray]
"""The cases' scores (cases,) for each noise threshold; at vertebra level, where there is none, under None."""


@dataclass(frozen=True)
class Rate:
    """A share of cases with its 95% interval after Wilson (1927), which takes the cases for independent.

    Attributes:
        estimate: count / total; None when the total is 0, and so are the limits.
        low: Lower limit.
        high: Upper limit.
        count: Cases that count.
        total: Cases in all.
    """

    estimate: float | None
    low: float | None
    high: float | None
    count: int
    total: int


@dataclass(frozen=True)
class Thresholds:
    """Where a decision is made.

    Attributes:
        probability_threshold: Positive is a score at or above it; None when no case is positive.
        noise_threshold: In voxels of 1 mm3; None at vertebra level, where there is none.
    """

    probability_threshold: float | None
    noise_threshold: int | None


@dataclass(frozen=True)
class Rates:
    """What decisions mean.

    Attributes:
        sensitivity: Positive among the fractured.
        specificity: Negative among the others.
        positive_predictive_value: Fractured among the positive.
        negative_predictive_value: Not fractured among the negative.
    """

    sensitivity: Rate
    specificity: Rate
    positive_predictive_value: Rate
    negative_predictive_value: Rate


@dataclass(frozen=True)
class OperatingPoint(Rates, Thresholds):
    """Thresholds and what they mean for the cases they were chosen on."""


def operating_rules(settings: StatisticsSettings) -> dict[str, Rule]:
    """The rules by which points are chosen, by name."""
    return {
        "youden": youden_index,
        "target_sensitivity": partial(sensitivity_index, target=settings.target_sensitivity),
        "target_specificity": partial(specificity_index, target=settings.target_specificity),
    }


def youden_index(curve: RocCurve) -> int:
    """The point where sensitivity + specificity - 1 is largest (Youden 1950); of equal ones the most specific."""
    gain = curve.sensitivity - curve.false_positive_rate
    return int(np.argmax(np.isclose(gain, gain.max(), rtol=0.0)))


def sensitivity_index(curve: RocCurve, target: float) -> int:
    """The most specific point with at least the target sensitivity."""
    return int(np.argmax(curve.sensitivity >= target))


def specificity_index(curve: RocCurve, target: float) -> int:
    """The most sensitive point with at least the target specificity; of equal ones the most specific."""
    allowed = curve.sensitivity[1 - curve.false_positive_rate >= target]
    return int(np.argmax(allowed == allowed.max()))


def thresholds_at(curve: RocCurve, point: int) -> Thresholds:
    """The thresholds of a point of a curve."""
    probability_threshold = float(curve.probability_threshold[point])
    return Thresholds(
        probability_threshold=probability_threshold if np.isfinite(probability_threshold) else None,
        noise_threshold=int(curve.noise_threshold[point]) if isinstance(curve, RocHull) else None,
    )


def operating_points(
    fracture: BoolArray, scores: ScoresByNoise, curve: RocCurve, settings: StatisticsSettings
) -> dict[str, OperatingPoint]:
    """The points of a curve that the rules choose, by name, and what they mean for the curve's own cases.

    Args:
        fracture: (cases,), the reference.
        scores: The cases' scores.
        curve: Made of these scores.
        settings: The targets are used.
    """
    points = {}
    for name, rule in operating_rules(settings).items():
        thresholds = thresholds_at(curve, rule(curve))
        positive = is_positive(scores, thresholds)
        points[name] = OperatingPoint(**vars(thresholds), **vars(rates(fracture, positive)))
    return points


def is_positive(scores: ScoresByNoise, thresholds: Thresholds) -> BoolArray:
    """Whether each case (cases,) is positive."""
    threshold = np.inf if thresholds.probability_threshold is None else thresholds.probability_threshold
    positive: BoolArray = scores[thresholds.noise_threshold] >= threshold
    return positive


def rates(fracture: BoolArray, positive: BoolArray) -> Rates:
    """What decisions mean, given the reference; both (cases,)."""
    return Rates(
        sensitivity=rate(positive[fracture]),
        specificity=rate(~positive[~fracture]),
        positive_predictive_value=rate(fracture[positive]),
        negative_predictive_value=rate(~fracture[~positive]),
    )


def rate(hits: BoolArray) -> Rate:
    """The share of hits with its Wilson interval."""
    from scipy import stats

    count, total = int(hits.sum()), int(hits.size)
    if total == 0:
        return Rate(None, None, None, count, total)
    interval = stats.binomtest(count, total).proportion_ci(method="wilson")
    return Rate(count / total, float(interval.low), float(interval.high), count, total)
