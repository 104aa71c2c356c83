"""ROC curves and their convex hull.

Convex hull: Provost and Fawcett, "Robust classification for imprecise environments", Machine Learning 42 (2001)
203-231. Its corners are exactly those classifiers of a family that are optimal for some cost and prevalence. A point on
the edge between two corners is reached only by choosing between the two at random. A hull chosen and measured on the
same cases is optimistic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import FloatArray

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

LEAST_UNITS = 2
"""Fewest patients of a class with which anything is bootstrapped. Intervals of AUCs need more (`auc_interval`)."""
COLLINEAR = 1e-12
"""Corners closer to a straight line than this are due to rounding; rates are ratios of counts."""


@dataclass(frozen=True)
class RocCurve:
    """An ROC curve from (0, 0), where no case is positive, to (1, 1), where all are.

    Attributes:
        false_positive_rate: (points,), ascending.
        sensitivity: (points,), ascending.
        probability_threshold: (points,), descending from infinity; scores at or above it are positive.
    """

    false_positive_rate: FloatArray
    sensitivity: FloatArray
    probability_threshold: FloatArray

    @property
    def auc(self) -> float:
        """Area under the curve by the trapezoidal rule, which counts ties as one half."""
        return float(np.trapezoid(self.sensitivity, self.false_positive_rate))


@dataclass(frozen=True)
class RocHull(RocCurve):
    """The upper convex hull of a family of curves, one for each noise threshold.

    Attributes:
        noise_threshold: (points,), noise threshold of the curve that each corner comes from, in voxels of 1 mm3.
    """

    noise_threshold: IntArray


def has_both_classes(fracture: BoolArray) -> bool:
    """Whether there is at least one positive and one negative case; an ROC curve needs both."""
    return bool(fracture.any() and not fracture.all())


def has_intervals(fracture: BoolArray, unit: IntArray | None = None) -> bool:
    """Whether a bootstrap over patients can show how a result varies: a class that occurs needs `LEAST_UNITS` patients.

    The single patient of a class is in every bootstrap sample. The interval would not contain the variation between
    patients, and could have the width 0.

    Args:
        fracture: (cases,).
        unit: (cases,), the patient of each case; None if each case is a patient.
    """
    units = np.arange(fracture.size) if unit is None else unit
    patients = (np.unique(units[fracture == outcome]).size for outcome in (False, True))
    return not any(0 < count < LEAST_UNITS for count in patients)


def roc_curve(fracture: BoolArray, scores: FloatArray) -> RocCurve:
    """The ROC curve of one score, with a point for each of its values.

    Args:
        fracture: (cases,), with both classes.
        scores: (cases,), higher for a more likely fracture.
    """
    order = np.argsort(-scores, kind="stable")
    ordered, fractured = scores[order], fracture[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(ordered)), ordered.size - 1)
    rates = (np.cumsum(of_class)[last_of_tie] / np.count_nonzero(of_class) for of_class in (~fractured, fractured))
    false_positive_rate, sensitivity = (np.concatenate([[0.0], rate]) for rate in rates)
    return RocCurve(false_positive_rate, sensitivity, np.concatenate([[np.inf], ordered[last_of_tie]]))


def auc_over_draws(fracture: BoolArray, scores: FloatArray) -> float:
    """Mean AUC over the draws of a score.

    Args:
        fracture: (cases,), with both classes.
        scores: (cases, draws).
    """
    return float(np.mean([roc_curve(fracture, draw).auc for draw in scores.T]))


def roc_hull(curves: Sequence[RocCurve], noise_thresholds: Sequence[int]) -> RocHull:
    """The hull of a family with one curve per noise threshold; in a tie the first curve is named."""
    false_positive_rate = np.concatenate([curve.false_positive_rate for curve in curves])
    sensitivity = np.concatenate([curve.sensitivity for curve in curves])
    probability_threshold = np.concatenate([curve.probability_threshold for curve in curves])
    noise_threshold = np.repeat(noise_thresholds, [curve.sensitivity.size for curve in curves])
    corners = hull_corners(false_positive_rate, sensitivity)
    return RocHull(
        false_positive_rate[corners], sensitivity[corners], probability_threshold[corners], noise_threshold[corners]
    )


def hull_corners(false_positive_rate: FloatArray, sensitivity: FloatArray) -> IntArray:
    """Indices of the corners of the upper convex hull, by Andrew's monotone chain.

    (0, 0) and (1, 1) must be among the points. The first of equal points is taken; points on an edge are left out.
    """
    corners: list[tuple[float, float, int]] = []
    for index in _highest(false_positive_rate, sensitivity).tolist():
        x, y = float(false_positive_rate[index]), float(sensitivity[index])
        while len(corners) >= 2 and _is_below_or_on(corners[-1], corners[-2], (x, y)):
            corners.pop()
        corners.append((x, y, index))
    return np.array([index for _, _, index in corners])


def _highest(false_positive_rate: FloatArray, sensitivity: FloatArray) -> IntArray:
    """Indices of the highest point at each false positive rate, ascending, after the lowest point of all.

    The others lie below the hull. The first of equal points is taken.
    """
    # Of equal points the first comes last.
    order = np.lexsort((-np.arange(sensitivity.size), sensitivity, false_positive_rate))
    highest = order[np.append(np.diff(false_positive_rate[order]) != 0, True)]
    start = order[0]
    equal = (false_positive_rate == false_positive_rate[start]) & (sensitivity == sensitivity[start])
    first = np.flatnonzero(equal)[:1]
    return highest if first[0] == highest[0] else np.concatenate([first, highest])


def _is_below_or_on(
    middle: tuple[float, float, int], left: tuple[float, float, int], right: tuple[float, float]
) -> bool:
    """Whether the middle point lies on or below the line from left to right."""
    cross = (middle[0] - left[0]) * (right[1] - left[1]) - (middle[1] - left[1]) * (right[0] - left[0])
    return cross >= -COLLINEAR
