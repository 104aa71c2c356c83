"""Single thresholds, chosen from a curve, with what they would have meant for the cohort.

They are chosen on the cases they are measured on, which favours them; an honest estimate needs other patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.geometry import FloatArray
from evaluation.roc import BoolArray, RocCurve


@dataclass(frozen=True)
class Rate:
    """A share of cases with its 95% interval after Wilson (1927).

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
class OperatingPoint:
    """A threshold and what it would have meant.

    Attributes:
        probability_threshold: Positive is a score at or above it; None when no case is positive.
        noise_threshold: In voxels of 1 mm3; None at vertebra level, where there is none.
        sensitivity: Positive among the fractured.
        specificity: Negative among the others.
        positive_predictive_value: Fractured among the positive.
        negative_predictive_value: Not fractured among the negative.
    """

    probability_threshold: float | None
    noise_threshold: int | None
    sensitivity: Rate
    specificity: Rate
    positive_predictive_value: Rate
    negative_predictive_value: Rate


def youden_index(curve: RocCurve) -> int:
    """The point where sensitivity + specificity - 1 is largest (Youden 1950); of equal ones the most specific."""
    gain = curve.sensitivity - curve.false_positive_rate
    return int(np.argmax(np.isclose(gain, gain.max(), rtol=0.0)))


def sensitivity_index(curve: RocCurve, target: float) -> int:
    """The most specific point with at least the target sensitivity."""
    return int(np.argmax(curve.sensitivity >= target))


def operating_point(
    fracture: BoolArray, scores: FloatArray, probability_threshold: float, noise_threshold: int | None = None
) -> OperatingPoint:
    """What a threshold would have meant for the cases.

    Args:
        fracture: (cases,), the reference.
        scores: (cases,), those of the noise threshold where there is one.
        probability_threshold: Infinity calls no case positive.
        noise_threshold: Recorded beside the rates.
    """
    positive = scores >= probability_threshold
    return OperatingPoint(
        probability_threshold=float(probability_threshold) if np.isfinite(probability_threshold) else None,
        noise_threshold=noise_threshold,
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
