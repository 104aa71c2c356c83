"""From a score to the probability of a fracture: logistic calibration (Platt 1999).

The log odds of a fracture are a straight line over the log odds of the score. Two numbers are fitted to out-of-fold
scores, which is what a small cohort can support; isotonic regression needs about a thousand cases. The probability is
one for a cohort with the same share of fractures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.maps.quantisation import HALF_STEP
from evaluation.statistics.roc import BoolArray, has_both_classes

ITERATIONS = 100
"""Steps of Newton's method, which needs about ten."""
CONVERGED = 1e-10
"""Largest change of a coefficient in the last step."""


@dataclass(frozen=True)
class ScoreCalibration:
    """The line from log odds of a score to log odds of a fracture.

    Attributes:
        slope: More than 0. 1 leaves the order of magnitude of the scores as it is; less than 1 says that scores are
            too extreme.
        intercept: Log odds of a fracture at a score of 0.5.
        n: Number of vertebrae that it was fitted to.
        positives: Number of fractured ones among them.
    """

    slope: float
    intercept: float
    n: int
    positives: int

    @overload
    def probability(self, scores: float) -> float: ...
    @overload
    def probability(self, scores: FloatArray) -> FloatArray: ...
    def probability(self, scores: float | FloatArray) -> float | FloatArray:
        """Probability of a fracture at scores from 0 to 1, of any shape."""
        probability = _logistic(self.slope * _log_odds(np.asarray(scores, dtype=float)) + self.intercept)
        return probability if isinstance(scores, np.ndarray) else float(probability)


def fit_calibration(fracture: BoolArray, scores: FloatArray) -> ScoreCalibration | None:
    """Fit the line by maximum likelihood to Platt's targets, which keep it finite for scores that separate the classes.

    Args:
        fracture: (n,), the reference.
        scores: (n,) or (n, draws), 0 to 1. All draws of a vertebra together weigh as much as a vertebra with one score.

    Returns:
        None if one of the classes is missing, or fractures do not have higher scores.
    """
    if not has_both_classes(fracture):
        return None
    n, positives = len(fracture), int(fracture.sum())
    draws = scores.reshape(n, -1)
    x = _log_odds(draws).ravel()
    upper, lower = (positives + 1) / (positives + 2), 1 / (n - positives + 2)
    target = np.repeat(np.where(fracture, upper, lower), draws.shape[1])
    slope, intercept = _maximum_likelihood(x, target, 1 / draws.shape[1])
    return ScoreCalibration(slope, intercept, n, positives) if slope > 0 else None


def _maximum_likelihood(x: FloatArray, target: FloatArray, weight: float) -> tuple[float, float]:
    """Slope and intercept of a logistic regression, by Newton's method with halved steps where one is too long."""
    design = np.column_stack([x, np.ones_like(x)])
    coefficients = np.zeros(2)
    loss = _loss(design @ coefficients, target)
    for _ in range(ITERATIONS):
        probability = _logistic(design @ coefficients)
        gradient = design.T @ (probability - target) * weight
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design * weight
        step = np.linalg.solve(curvature + 1e-12 * np.eye(2), gradient)
        while (after := _loss(design @ (coefficients - step), target)) > loss + CONVERGED:
            step = step / 2
        coefficients, loss = coefficients - step, after
        if np.abs(step).max() < CONVERGED:
            break
    return float(coefficients[0]), float(coefficients[1])


def _loss(log_odds: FloatArray, target: FloatArray) -> float:
    """Mean cross entropy."""
    return float(np.mean(np.logaddexp(0, log_odds) - target * log_odds))


def _log_odds(scores: FloatArray) -> FloatArray:
    """Log odds, finite at 0 and 1: a quantised map is exact to half a step."""
    clipped = np.clip(scores, HALF_STEP, 1 - HALF_STEP)
    odds: FloatArray = np.log(clipped) - np.log1p(-clipped)
    return odds


def _logistic(log_odds: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))
