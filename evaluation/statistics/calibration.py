"""Calibration: whether 7 in 10 cases with a score of 0.7 are fractured.

The reliability diagram splits the cases by score into groups of equal size and plots the share of fractures in each
group against its mean score. The Brier score is the mean squared difference between score and outcome (Brier 1950).
Intervals are bootstrapped over patients, because the vertebrae of a patient are not independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.bootstrap import CI95
from evaluation.statistics.roc import BoolArray, IntArray, has_intervals


@dataclass(frozen=True)
class Calibration:
    """Agreement of scores with outcomes.

    Attributes:
        brier: Brier score; 0 is best.
        brier_ci95: Its 95% interval; None if a class has a single patient.
        brier_of_prevalence: Brier score of a constant score equal to the cohort's share of fractures.
        mean_score: (groups,), ascending.
        fractured: (groups,), share of fractures.
        ci95: (2, groups), its 95% interval; None likewise.
        n: (groups,), number of cases.
    """

    brier: float
    brier_ci95: tuple[float, float] | None
    brier_of_prevalence: float
    mean_score: FloatArray
    fractured: FloatArray
    ci95: FloatArray | None
    n: IntArray


def calibrate(
    fracture: BoolArray, scores: FloatArray, weights: IntArray, groups: int, unit: IntArray | None = None
) -> Calibration:
    """Compare scores with outcomes.

    Args:
        fracture: (cases,).
        scores: (cases,), 0 to 1.
        weights: (replicates, cases), how often each case is in each bootstrap sample.
        groups: Largest number of groups; there are fewer if many scores are equal, because these stay together.
        unit: (cases,), the patient of each case; None if each case is a patient.
    """
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, groups + 1)[1:-1]))
    _, group = np.unique(np.searchsorted(edges, scores, side="left"), return_inverse=True)
    members = group == np.arange(group.max() + 1)[:, None]
    squared = (scores - fracture) ** 2
    brier_interval, share_intervals = None, None
    if has_intervals(fracture, unit):
        brier_interval, share_intervals = _intervals(fracture, squared, members, weights)
    prevalence = float(fracture.mean())
    return Calibration(
        brier=float(squared.mean()),
        brier_ci95=brier_interval,
        brier_of_prevalence=prevalence * (1 - prevalence),
        mean_score=np.array([scores[chosen].mean() for chosen in members]),
        fractured=np.array([fracture[chosen].mean() for chosen in members]),
        ci95=share_intervals,
        n=members.sum(axis=1),
    )


def _intervals(
    fracture: BoolArray, squared: FloatArray, members: BoolArray, weights: IntArray
) -> tuple[tuple[float, float], FloatArray]:
    """The intervals of the Brier score and of the share fractured of each group; `members` is (groups, cases)."""
    drawn = weights @ members.T
    shares = np.divide(weights @ (members & fracture).T, drawn, out=np.full(drawn.shape, np.nan), where=drawn > 0)
    low, high = np.percentile((weights @ squared) / weights.sum(axis=1), CI95)
    return (float(low), float(high)), np.nanpercentile(shares, CI95, axis=0)
