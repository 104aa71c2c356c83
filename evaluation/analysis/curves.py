"""ROC curves of a cohort with their intervals and operating points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import StatisticsSettings
from evaluation.statistics.bootstrap import RATE_GRID, Bootstrap, bootstrap_draws, bootstrap_hull
from evaluation.statistics.folds import patient_folds
from evaluation.statistics.hull_decisions import hull_area
from evaluation.statistics.nested_points import NestedOperatingPoint, nested_points
from evaluation.statistics.nested_roc import NestedRoc, nested_roc
from evaluation.statistics.operating_points import MeasuredOperatingPoint, ScoresByNoise, operating_points
from evaluation.statistics.roc import (
    IntArray,
    RocCurve,
    RocHull,
    has_both_classes,
    has_intervals,
    roc_curve,
    roc_hull,
)
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores


@dataclass(frozen=True)
class PatientAnalysis:
    """Results at patient level.

    Attributes:
        curves: One plain ROC for each noise threshold.
        hull: The hull of all of them.
        bootstrap: Bootstrap of the hull's AUC with its interval; None if a class has a single patient
            (`has_intervals`).
        fixed_auc: AUC of the plain ROC at the noise threshold fixed in advance.
        fixed_bootstrap: Bootstrap of this AUC; None likewise.
        nested: The ROC with operating points chosen on other patients; None if none can be chosen.
        operating_points: Corners of the hull, by name of the rule that chose them.
        nested_operating_points: Corners of the hulls of the other folds, likewise; None if none can be chosen.
    """

    curves: tuple[RocCurve, ...]
    hull: RocHull
    bootstrap: Bootstrap | None
    fixed_auc: float
    fixed_bootstrap: Bootstrap | None
    nested: NestedRoc | None
    operating_points: dict[str, MeasuredOperatingPoint]
    nested_operating_points: dict[str, NestedOperatingPoint] | None


@dataclass(frozen=True)
class VertebraAnalysis:
    """Results at vertebra level.

    Attributes:
        auc: Mean of the AUC over the draws of the localisation error.
        sensitivity: (rates,), mean over the draws at each false positive rate of `RATE_GRID` (vertical averaging,
            Fawcett, Pattern Recognition Letters 27 (2006) 861-874).
        bootstrap: Bootstrap of the AUC over patients; None if a class of vertebrae comes from a single patient.
        operating_points: Points of the ROC of the mean scores over the draws, by name of the rule that chose them.
        nested_operating_points: Points chosen on the vertebrae of the other folds; None if none can be chosen.
    """

    auc: float
    sensitivity: FloatArray
    bootstrap: Bootstrap | None
    operating_points: dict[str, MeasuredOperatingPoint]
    nested_operating_points: dict[str, NestedOperatingPoint] | None


@dataclass(frozen=True)
class Analysis:
    """Results at both levels. A level is None if all its members have the same outcome."""

    patient: PatientAnalysis | None
    vertebra: VertebraAnalysis | None


def analyse(scores: CohortScores, weights: IntArray, settings: StatisticsSettings) -> Analysis:
    """Compute the ROC curves of both levels, their intervals and operating points.

    Args:
        scores: Scores of the cohort.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
        settings: The noise thresholds, the targets, `nested_folds` and `seed` are used.
    """
    patients, vertebrae = scores.patients, scores.vertebrae
    folds = patient_folds(patients, settings)
    has_patients, has_vertebrae = has_both_classes(patients.fracture), has_both_classes(vertebrae.fracture)
    return Analysis(
        patient=_analyse_patients(patients, folds, weights, settings) if has_patients else None,
        vertebra=_analyse_vertebrae(vertebrae, folds, weights, settings) if has_vertebrae else None,
    )


def _analyse_patients(
    patients: PatientScores, folds: IntArray | None, weights: IntArray, settings: StatisticsSettings
) -> PatientAnalysis:
    fracture, family = patients.fracture, settings.noise_thresholds
    scores: ScoresByNoise = dict(zip(family, patients.scores.T, strict=True))
    curves = tuple(roc_curve(fracture, member) for member in scores.values())
    hull = roc_hull(curves, family)
    fixed = settings.reference_column
    nested = None if folds is None else nested_roc(patients, folds, family)
    intervals = has_intervals(fracture)
    return PatientAnalysis(
        curves=curves,
        hull=hull,
        bootstrap=bootstrap_hull(fracture, patients.scores, weights, hull_area(fracture, patients.scores, hull, family))
        if intervals
        else None,
        fixed_auc=curves[fixed].auc,
        fixed_bootstrap=bootstrap_draws(fracture, patients.scores[:, [fixed]], weights) if intervals else None,
        nested=nested,
        operating_points=operating_points(fracture, scores, hull, settings),
        nested_operating_points=None
        if folds is None or nested is None
        else nested_points(fracture, scores, folds, nested.hulls, settings),
    )


def _analyse_vertebrae(
    vertebrae: VertebraScores, folds: IntArray | None, weights: IntArray, settings: StatisticsSettings
) -> VertebraAnalysis:
    fracture, mean_scores = vertebrae.fracture, vertebrae.scores.mean(axis=1)
    scores: ScoresByNoise = {None: mean_scores}
    curves = [roc_curve(fracture, draw) for draw in vertebrae.scores.T]
    nested = None
    if folds is not None:
        fold_of = folds[vertebrae.patient]
        others = {fold: fold_of != fold for fold in np.unique(fold_of).tolist()}
        training = {fold: roc_curve(fracture[other], mean_scores[other]) for fold, other in others.items()}
        nested = nested_points(fracture, scores, fold_of, training, settings)
    return VertebraAnalysis(
        auc=float(np.mean([draw.auc for draw in curves])),
        sensitivity=np.mean([np.interp(RATE_GRID, c.false_positive_rate, c.sensitivity) for c in curves], axis=0),
        bootstrap=bootstrap_draws(fracture, vertebrae.scores, weights, vertebrae.patient)
        if has_intervals(fracture, vertebrae.patient)
        else None,
        operating_points=operating_points(fracture, scores, roc_curve(fracture, mean_scores), settings),
        nested_operating_points=nested,
    )
