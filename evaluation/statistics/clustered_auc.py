"""The area under a curve with the contribution of each patient to its error.

The placement of a positive case is the share of the negative cases below it, that of a negative case the share of the
positive cases above it; ties count one half. Either mean is the AUC. With the sums over the M positive and the N
negative cases of patient i,

    x_i = sum(placement - AUC) / M        y_i = sum(placement - AUC) / N

the variance is that of Obuchowski, Biometrics 53 (1997) 567-578,

    I10 / (I10 - 1) sum(x_i^2) + I01 / (I01 - 1) sum(y_i^2) + 2 I / (I - 1) sum(x_i y_i)

where I10 patients have positive cases, I01 have negative ones, and I have either. If each case is a patient, it is the
variance of DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.roc import BoolArray, IntArray


@dataclass(frozen=True)
class ClusteredAuc:
    """An area under the curve, and what each patient contributes to its error.

    Attributes:
        auc: The area.
        of_positives: (patients,), `x_i`; 0 for a patient without a positive case.
        of_negatives: (patients,), `y_i`; 0 for a patient without a negative case.
        has_positives: (patients,), whether the patient has a positive case.
        has_negatives: (patients,), whether the patient has a negative case.
        clustered: Whether a patient has several cases.
    """

    auc: float
    of_positives: FloatArray
    of_negatives: FloatArray
    has_positives: BoolArray
    has_negatives: BoolArray
    clustered: bool

    @property
    def smaller_class(self) -> int:
        """Number of patients with cases of the class that fewer patients have."""
        return int(min(self.has_positives.sum(), self.has_negatives.sum()))


def clustered_auc(fracture: BoolArray, scores: FloatArray, unit: IntArray | None = None) -> ClusteredAuc:
    """The AUC of a score, or its mean over several draws of the score.

    Args:
        fracture: (cases,), with both classes.
        scores: (cases,) or (cases, draws), higher for a more likely fracture.
        unit: (cases,), the patient of each case; None if each case is a patient.
    """
    draws = scores.reshape(len(fracture), -1).T
    by_draw = [_placements(draw[fracture], draw[~fracture]) for draw in draws]
    positives, negatives = (np.mean(placements, axis=0) for placements in zip(*by_draw, strict=True))
    return from_placements(fracture, positives, negatives, unit)


def from_placements(
    fracture: BoolArray, positives: FloatArray, negatives: FloatArray, unit: IntArray | None = None
) -> ClusteredAuc:
    """The AUC whose placements are given.

    Args:
        fracture: (cases,), with both classes.
        positives: (positive cases,), their placements.
        negatives: (negative cases,), their placements.
        unit: (cases,), the patient of each case; None if each case is a patient.
    """
    patient = np.arange(len(fracture)) if unit is None else unit
    auc, count = float(positives.mean()), int(patient.max()) + 1
    of_class = [(patient[fracture], positives), (patient[~fracture], negatives)]
    x, y = (np.bincount(of, placed - auc, count) / len(placed) for of, placed in of_class)
    has_positives, has_negatives = (np.bincount(of, minlength=count) > 0 for of, _ in of_class)
    return ClusteredAuc(auc, x, y, has_positives, has_negatives, bool(np.bincount(patient).max() > 1))


def covariance(first: ClusteredAuc, second: ClusteredAuc) -> float:
    """Covariance of two AUCs of the same cases; NaN if a class has a single patient."""
    between = first.of_positives @ second.of_negatives + first.of_negatives @ second.of_positives
    either = int(np.sum(first.has_positives | first.has_negatives))
    return float(sum(_within(first, second)) + _unbiased(either) * between)


def degrees_of_freedom(area: ClusteredAuc) -> float:
    """Degrees of freedom of the variance, by Satterthwaite's formula.

    If each case is a patient, they are those of Brunner and Munzel, Biometrical Journal 42 (2000) 17-25. The sum over
    the cases of a patient is more skewed. The formula then takes the variance of the variance from the squares of these
    sums, as Pan and Wall do (Statistics in Medicine 21 (2002) 1429-1441), if that gives fewer. The product of the two
    contributions of a patient is left out of the formula.
    """
    parts = _within(area, area)
    sizes = area.has_positives.sum(), area.has_negatives.sum()
    if not sum(parts) > 0:
        return float(min(sizes) - 1)
    spread = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    if area.clustered:
        contributions = zip((area.of_positives, area.of_negatives), sizes, strict=True)
        spread = max(spread, sum(_spread_of_squares(of_class, int(size)) for of_class, size in contributions) / 2)
    return float(max(1.0, sum(parts) ** 2 / spread))


def _spread_of_squares(contributions: FloatArray, count: int) -> float:
    """Variance of the sum of squares of the contributions of so many patients."""
    squares = contributions**2
    return float(_unbiased(count) ** 2 * (squares @ squares - squares.sum() ** 2 / count))


def _within(first: ClusteredAuc, second: ClusteredAuc) -> Sequence[float]:
    """The parts of the covariance that come from the positive and from the negative cases."""
    positives = _unbiased(int(first.has_positives.sum())) * (first.of_positives @ second.of_positives)
    negatives = _unbiased(int(first.has_negatives.sum())) * (first.of_negatives @ second.of_negatives)
    return float(positives), float(negatives)


def _unbiased(count: int) -> float:
    """The factor that makes a mean of squares around a mean unbiased; NaN for a single one."""
    return count / (count - 1) if count > 1 else float("nan")


def _placements(positives: FloatArray, negatives: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Placements of the positive and of the negative cases, from their scores."""
    below = _share_below(positives, negatives)
    return below, 1 - _share_below(negatives, positives)


def _share_below(scores: FloatArray, others: FloatArray) -> FloatArray:
    """Share of the others below each score; equal ones count one half."""
    ordered = np.sort(others)
    left, right = (np.searchsorted(ordered, scores, side=side) for side in ("left", "right"))
    return np.asarray((left + right) / (2 * len(others)))
