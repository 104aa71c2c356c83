"""Decisions about patients along a hull, and the area under the curve of these decisions.

The corners of a hull are operating points, from the strictest to the laxest. Their position t is the false positive
rate plus the sensitivity, which grows from 0 to 2 with every corner, also along a vertical edge. Between two corners a
patient is classified at random, as everywhere on the edge of a hull (Provost and Fawcett 2001).

With h_i(t), the probability that patient i is positive at t, the area under the curve of the decisions is the mean of
the integral of h_i dh_j over all pairs of a patient i with and a patient j without a fracture. It has placements, as
the AUC of a score has, and therefore a variance. That variance takes the thresholds as given, which changes nothing to
first order if they are the best ones for these patients, and is what LeDell, Petersen and van der Laan (Electronic
Journal of Statistics 9 (2015) 1583-1607) do with models that are trained on the other folds.
"""

from __future__ import annotations

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.clustered_auc import ClusteredAuc, from_placements
from evaluation.statistics.roc import BoolArray, RocHull


def hull_positions(hull: RocHull) -> FloatArray:
    """Position (corners,) of each corner along its hull, ascending from 0 to 2."""
    return hull.false_positive_rate + hull.sensitivity


def decisions_along(
    hull: RocHull, scores: FloatArray, noise_thresholds: tuple[int, ...], positions: FloatArray
) -> FloatArray:
    """Probability (patients, positions) that each patient is positive at each position along a hull.

    Args:
        hull: The hull.
        scores: (patients, noise thresholds).
        noise_thresholds: Noise thresholds of the scores' columns.
        positions: (positions,), ascending.
    """
    columns = [noise_thresholds.index(n) for n in hull.noise_threshold.tolist()]
    positive = scores[:, columns] >= hull.probability_threshold
    # At the last corner everyone is positive, even a patient whose score is below all those of the hull.
    positive[:, -1] = True
    corners = hull_positions(hull)
    return np.array([np.interp(positions, corners, patient) for patient in positive.astype(float)])


def area_of_decisions(fracture: BoolArray, decisions: FloatArray) -> ClusteredAuc:
    """The area under the curve of decisions, by the trapezoidal rule.

    Args:
        fracture: (patients,), with both outcomes.
        decisions: (patients, positions), the probability that each patient is positive.
    """
    false_positive_rate, sensitivity = (decisions[fracture == outcome].mean(axis=0) for outcome in (False, True))
    between = (decisions[fracture, 1:] + decisions[fracture, :-1]) / 2
    steps = np.diff(decisions[~fracture], axis=1)
    return from_placements(
        fracture, between @ np.diff(false_positive_rate), steps @ ((sensitivity[1:] + sensitivity[:-1]) / 2)
    )


def hull_area(
    fracture: BoolArray, scores: FloatArray, hull: RocHull, noise_thresholds: tuple[int, ...]
) -> ClusteredAuc:
    """The area of the hull of the patients' own curves; `scores` are (patients, noise thresholds)."""
    return area_of_decisions(fracture, decisions_along(hull, scores, noise_thresholds, hull_positions(hull)))
