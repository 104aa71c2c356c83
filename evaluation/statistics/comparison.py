"""Comparison of two detectors on the same patients by their areas under the curve.

The interval of a difference takes account of the correlation of both areas, so that differences in difficulty between
patients cancel out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import StatisticsSettings
from evaluation.statistics.auc_interval import CONFIDENCE, NO_VARIANCE, difference_interval, difference_p, has_interval
from evaluation.statistics.clustered_auc import ClusteredAuc, clustered_auc, covariance
from evaluation.statistics.hull_decisions import hull_area
from evaluation.statistics.paired_scores import pair
from evaluation.statistics.roc import BoolArray, IntArray, has_both_classes, roc_curve, roc_hull
from evaluation.statistics.scores import CohortScores, VertebraScores

Pair = Sequence[FloatArray]
"""The scores of the first and of the second detector."""


@dataclass(frozen=True)
class AucDifference:
    """Two areas under the curve and their difference.

    Attributes:
        first: AUC of the first detector.
        second: AUC of the second.
        difference: first - second.
        ci95: 95% interval of the difference (`auc_interval`); None if a class has too few patients.
        p: Two-sided p value for no difference; None likewise.
    """

    first: float
    second: float
    difference: float
    ci95: tuple[float, float] | None
    p: float | None


@dataclass(frozen=True)
class Comparison:
    """Two detectors compared at both levels. The results of a level with one class only are None.

    Attributes:
        patient_hull: Convex hull over both thresholds.
        patient_fixed: Score at the noise threshold fixed in advance.
        patient_fixed_delong: The same score with the normal interval and p value of DeLong et al. 1988, None if the
            variance is 0 or unknown. The interval is too narrow for high AUCs and few patients.
        vertebra: Vertebra level.
    """

    patient_hull: AucDifference | None
    patient_fixed: AucDifference | None
    patient_fixed_delong: AucDifference | None
    vertebra: AucDifference | None


def compare(first: CohortScores, second: CohortScores, settings: StatisticsSettings) -> Comparison:
    """Compare two detectors.

    Args:
        first: Scores of the first detector.
        second: Scores of the second, of the same patients and vertebrae.
        settings: `noise_thresholds` and `reference_noise_threshold` are used.

    Raises:
        InputError: If a patient or vertebra is scored by only one of the two, or if their outcomes differ; all problems
            at once.
    """
    both = (first, pair(first, second))
    patients, vertebrae = first.patients, first.vertebrae
    hull = fixed = by_delong = by_vertebra = None
    if has_both_classes(patients.fracture):
        column = settings.reference_column
        members = [scores.patients.scores for scores in both]
        hull = _hull_difference(patients.fracture, members, settings)
        fixed_scores = [scores[:, [column]] for scores in members]
        fixed = _paired(patients.fracture, fixed_scores)
        by_delong = _delong_difference(patients.fracture, fixed_scores)
    if has_both_classes(vertebrae.fracture):
        by_vertebra = compare_vertebrae(vertebrae, both[1].vertebrae)
    return Comparison(hull, fixed, by_delong, by_vertebra)


def compare_vertebrae(first: VertebraScores, second: VertebraScores) -> AucDifference:
    """Compare two scores of the same vertebrae in the same order, with both classes, paired over patients."""
    return _paired(first.fracture, (first.scores, second.scores), first.patient)


def _hull_difference(fracture: BoolArray, families: Pair, settings: StatisticsSettings) -> AucDifference:
    """The difference of the hulls of two families of scores, (patients, noise thresholds)."""
    thresholds = settings.noise_thresholds
    hulls = [roc_hull([roc_curve(fracture, member) for member in scores.T], thresholds) for scores in families]
    first, second = (hull_area(fracture, *member, thresholds) for member in zip(families, hulls, strict=True))
    return _difference(first, second, np.array_equal(families[0], families[1]))


def _paired(fracture: BoolArray, both: Pair, unit: IntArray | None = None) -> AucDifference:
    """The difference of AUCs averaged over the columns of the scores, (cases, draws).

    `unit` is the patient of each case; None if each case is a patient.
    """
    first, second = (clustered_auc(fracture, scores, unit) for scores in both)
    return _difference(first, second, np.array_equal(both[0], both[1]))


def _difference(first: ClusteredAuc, second: ClusteredAuc, equal: bool) -> AucDifference:
    """The difference with its interval, which is a point for equal scores."""
    if equal and has_interval(first):
        return AucDifference(first.auc, second.auc, 0.0, (0.0, 0.0), 1.0)
    interval, p = difference_interval(first, second), difference_p(first, second)
    return AucDifference(first.auc, second.auc, first.auc - second.auc, interval, p)


def _delong_difference(fracture: BoolArray, both: Pair) -> AucDifference:
    from scipy.stats import norm

    first, second = (clustered_auc(fracture, scores) for scores in both)
    variance = covariance(first, first) + covariance(second, second) - 2 * covariance(first, second)
    difference = first.auc - second.auc
    if not variance > NO_VARIANCE:
        return AucDifference(first.auc, second.auc, difference, None, None)
    standard_error = variance**0.5
    half = standard_error * norm.ppf((1 + CONFIDENCE) / 2)
    # The normal approximation is unbounded, but a difference of areas lies between -1 and 1.
    low, high = np.clip([difference - half, difference + half], -1.0, 1.0).tolist()
    p = float(2 * norm.sf(abs(difference) / standard_error))
    return AucDifference(first.auc, second.auc, difference, (low, high), p)
