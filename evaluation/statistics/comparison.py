"""Comparison of two detectors on the same patients by their areas under the curve.

Both are scored on the same bootstrap samples, so that differences in difficulty between patients cancel out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import StatisticsSettings
from evaluation.statistics.bootstrap import CI95, bootstrap_draws, bootstrap_hull
from evaluation.statistics.delong import delong
from evaluation.statistics.paired_scores import pair
from evaluation.statistics.roc import (
    BoolArray,
    IntArray,
    auc_over_draws,
    has_both_classes,
    has_intervals,
    roc_curve,
    roc_hull,
)
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
        ci95: 95% interval of the difference; None if there are too few cases, or a class has a single patient.
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
        patient_hull: Convex hull over both thresholds; paired bootstrap over patients, with the hulls rebuilt.
        patient_fixed: Score at the noise threshold fixed in advance; the same bootstrap.
        patient_fixed_delong: The same score, by DeLong et al. 1988.
        vertebra: Vertebra level; paired bootstrap over patients.
    """

    patient_hull: AucDifference | None
    patient_fixed: AucDifference | None
    patient_fixed_delong: AucDifference | None
    vertebra: AucDifference | None


def compare(first: CohortScores, second: CohortScores, weights: IntArray, settings: StatisticsSettings) -> Comparison:
    """Compare two detectors.

    Args:
        first: Scores of the first detector.
        second: Scores of the second, of the same patients and vertebrae.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
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
        hull = _hull_difference(patients.fracture, members, weights, settings)
        fixed_scores = [scores[:, [column]] for scores in members]
        fixed = _bootstrapped(patients.fracture, fixed_scores, weights)
        by_delong = _delong_difference(patients.fracture, np.hstack(fixed_scores))
    if has_both_classes(vertebrae.fracture):
        by_vertebra = compare_vertebrae(vertebrae, both[1].vertebrae, weights)
    return Comparison(hull, fixed, by_delong, by_vertebra)


def compare_vertebrae(first: VertebraScores, second: VertebraScores, weights: IntArray) -> AucDifference:
    """Compare two scores of the same vertebrae in the same order, with both classes; paired bootstrap over patients."""
    return _bootstrapped(first.fracture, (first.scores, second.scores), weights, first.patient)


def _hull_difference(
    fracture: BoolArray, families: Pair, weights: IntArray, settings: StatisticsSettings
) -> AucDifference:
    """The difference of the hulls of two families of scores, (patients, noise thresholds)."""
    curves = [[roc_curve(fracture, member) for member in scores.T] for scores in families]
    first, second = (roc_hull(family, settings.noise_thresholds).auc for family in curves)
    if not has_intervals(fracture):
        return AucDifference(first, second, first - second, None, None)
    areas = [bootstrap_hull(fracture, scores, weights).areas for scores in families]
    return _from_replicates(first, second, areas[0] - areas[1])


def _bootstrapped(fracture: BoolArray, both: Pair, weights: IntArray, unit: IntArray | None = None) -> AucDifference:
    """The difference of AUCs averaged over the columns of the scores, (cases, draws).

    `weights` has a column per patient, and `unit` is the patient of each case; None if each case is a patient.
    """
    first, second = (auc_over_draws(fracture, scores) for scores in both)
    if not has_intervals(fracture, unit):
        return AucDifference(first, second, first - second, None, None)
    weights = weights if unit is None else weights[:, unit]
    areas = [bootstrap_draws(fracture, scores, weights).areas for scores in both]
    return _from_replicates(first, second, areas[0] - areas[1])


def _from_replicates(first: float, second: float, differences: FloatArray) -> AucDifference:
    """Percentile interval; p value of Davison and Hinkley, Bootstrap Methods and their Application (1997), 4.2."""
    low, high = np.percentile(differences, CI95)
    rarer = min(np.sum(differences <= 0), np.sum(differences >= 0))
    p = min(1.0, 2 * float(1 + rarer) / (differences.size + 1))
    return AucDifference(first, second, first - second, (float(low), float(high)), p)


def _delong_difference(fracture: BoolArray, scores: FloatArray) -> AucDifference:
    from scipy.stats import norm

    aucs = delong(fracture, scores)
    first, second = aucs.auc.tolist()
    contrast = np.array([1.0, -1.0])
    variance = float(contrast @ aucs.covariance @ contrast)
    if not variance > np.finfo(np.float64).eps:
        return AucDifference(first, second, first - second, None, None)
    standard_error, difference = variance**0.5, first - second
    # The normal approximation is unbounded, but a difference of areas lies between -1 and 1.
    low, high = np.clip(difference + standard_error * norm.ppf([share / 100 for share in CI95]), -1.0, 1.0).tolist()
    return AucDifference(first, second, difference, (low, high), float(2 * norm.sf(abs(difference) / standard_error)))
