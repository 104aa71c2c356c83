"""Operating points: thresholds chosen from a curve, and their rates.

They are optimistic, because they are chosen on the cases on which they are measured. `nested_points` chooses the points
of each fold on the other folds.
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
"""Scores (cases,) by noise threshold. At vertebra level, where there is none, the key is None."""


@dataclass(frozen=True)
class Rate:
    """A share of cases with its 95% Wilson interval (1927), for independent cases.

    Attributes:
        estimate: count / total. It and the limits are None if the total is 0.
        low: Lower limit.
        high: Upper limit.
        count: Number of cases in the share.
        total: Number of all cases.
    """

    estimate: float | None
    low: float | None
    high: float | None
    count: int
    total: int


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of a classification.

    Attributes:
        probability_threshold: Scores at or above it are positive; None if no case is positive.
        noise_threshold: In voxels of 1 mm3; None at vertebra level.
    """

    probability_threshold: float | None
    noise_threshold: int | None


@dataclass(frozen=True)
class Rates:
    """Rates of a classification.

    Attributes:
        sensitivity: Share of the fractured that are positive.
        specificity: Share of the others that are negative.
        positive_predictive_value: Share of the positive that are fractured.
        negative_predictive_value: Share of the negative that are not fractured.
    """

    sensitivity: Rate
    specificity: Rate
    positive_predictive_value: Rate
    negative_predictive_value: Rate


@dataclass(frozen=True)
class MeasuredOperatingPoint(Rates, Thresholds):
    """Thresholds and their rates for the cases on which they were chosen."""


def operating_rules(settings: StatisticsSettings) -> dict[str, Rule]:
    """The rules that choose operating points, by name."""
    return {
        "youden": youden_index,
        "target_sensitivity": partial(sensitivity_index, target=settings.target_sensitivity),
        "target_specificity": partial(specificity_index, target=settings.target_specificity),
    }


def youden_index(curve: RocCurve) -> int:
    """The point with the largest sensitivity + specificity - 1 (Youden 1950), the most specific one of several."""
    gain = curve.sensitivity - curve.false_positive_rate
    return int(np.argmax(np.isclose(gain, gain.max(), rtol=0.0)))


def sensitivity_index(curve: RocCurve, target: float) -> int:
    """The most specific point with at least the target sensitivity."""
    return int(np.argmax(curve.sensitivity >= target))


def specificity_index(curve: RocCurve, target: float) -> int:
    """The most sensitive point with at least the target specificity, the most specific one of several."""
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
) -> dict[str, MeasuredOperatingPoint]:
    """The points of a curve that the rules choose, and their rates for the curve's own cases.

    Args:
        fracture: (cases,), the reference.
        scores: Scores of the cases.
        curve: ROC curve of these scores.
        settings: The targets are used.

    Returns:
        By name of the rule.
    """
    points = {}
    for name, rule in operating_rules(settings).items():
        thresholds = thresholds_at(curve, rule(curve))
        positive = is_positive(scores, thresholds)
        points[name] = MeasuredOperatingPoint(**vars(thresholds), **vars(rates(fracture, positive)))
    return points


def is_positive(scores: ScoresByNoise, thresholds: Thresholds) -> BoolArray:
    """Whether each case (cases,) is positive."""
    threshold = np.inf if thresholds.probability_threshold is None else thresholds.probability_threshold
    positive: BoolArray = scores[thresholds.noise_threshold] >= threshold
    return positive


def rates(fracture: BoolArray, positive: BoolArray) -> Rates:
    """Rates of a classification against the reference; both (cases,)."""
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
