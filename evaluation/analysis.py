"""The statistics of one cohort, from scores to curves, intervals and operating points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.bootstrap import RATE_GRID, Bootstrap, bootstrap_draws, bootstrap_hull, draw_patients
from evaluation.geometry import FloatArray
from evaluation.nested import NestedAuc, auc_nested
from evaluation.operating_points import OperatingPoint, operating_point, sensitivity_index, youden_index
from evaluation.roc import BoolArray, IntArray, RocCurve, RocHull, has_both_classes, roc_curve, roc_hull
from evaluation.scores import CohortScores, PatientScores, VertebraScores
from evaluation.settings import EvaluationSettings


@dataclass(frozen=True)
class PatientAnalysis:
    """Patient level.

    Attributes:
        curves: One plain ROC for each noise threshold.
        hull: The hull of all of them.
        bootstrap: Spread of the hull's AUC.
        nested: AUC with the noise threshold chosen on other patients; None where it cannot be computed.
        operating_points: By name, at corners of the hull.
    """

    curves: tuple[RocCurve, ...]
    hull: RocHull
    bootstrap: Bootstrap
    nested: NestedAuc | None
    operating_points: dict[str, OperatingPoint]


@dataclass(frozen=True)
class VertebraAnalysis:
    """Vertebra level.

    Attributes:
        auc: Mean over the draws of the localisation error of each draw's AUC.
        sensitivity: (rates,), mean over the draws at each false positive rate of `RATE_GRID` (vertical averaging,
            Fawcett, Pattern Recognition Letters 27 (2006) 861-874).
        bootstrap: Spread of the AUC over patients.
        operating_points: By name, on the mean score of each vertebra over the draws.
    """

    auc: float
    sensitivity: FloatArray
    bootstrap: Bootstrap
    operating_points: dict[str, OperatingPoint]


@dataclass(frozen=True)
class Analysis:
    """Both levels; a level with one class only is None."""

    patient: PatientAnalysis | None
    vertebra: VertebraAnalysis | None


def analyse(scores: CohortScores, settings: EvaluationSettings) -> Analysis:
    """Compute all statistics; both levels share the patients drawn by the bootstrap."""
    patients, vertebrae = scores.patients, scores.vertebrae
    weights = draw_patients(patients.patient_id, patients.fracture, settings.bootstrap_replicates, settings.seed)
    return Analysis(
        patient=_analyse_patients(patients, weights, settings) if has_both_classes(patients.fracture) else None,
        vertebra=_analyse_vertebrae(vertebrae, weights, settings) if has_both_classes(vertebrae.fracture) else None,
    )


def mean_auc(vertebrae: VertebraScores, chosen: BoolArray | None = None) -> float | None:
    """AUC of each draw, averaged, of all vertebrae or of those chosen by a mask; None with one class only."""
    mask = np.ones(len(vertebrae.fracture), dtype=bool) if chosen is None else chosen
    fracture = vertebrae.fracture[mask]
    if not has_both_classes(fracture):
        return None
    return float(np.mean([roc_curve(fracture, draw).auc for draw in vertebrae.scores[mask].T]))


def _analyse_patients(patients: PatientScores, weights: IntArray, settings: EvaluationSettings) -> PatientAnalysis:
    family = settings.noise_thresholds
    curves = tuple(roc_curve(patients.fracture, member) for member in patients.scores.T)
    hull = roc_hull(curves, family)
    corners = {
        "youden": youden_index(hull),
        "target_sensitivity": sensitivity_index(hull, settings.target_sensitivity),
    }
    points = {}
    for name, corner in corners.items():
        noise_threshold = int(hull.noise_threshold[corner])
        member = patients.scores[:, family.index(noise_threshold)]
        threshold = float(hull.probability_threshold[corner])
        points[name] = operating_point(patients.fracture, member, threshold, noise_threshold)
    bootstrap = bootstrap_hull(patients.fracture, patients.scores, weights)
    return PatientAnalysis(curves, hull, bootstrap, auc_nested(patients, settings), points)


def _analyse_vertebrae(vertebrae: VertebraScores, weights: IntArray, settings: EvaluationSettings) -> VertebraAnalysis:
    curves = [roc_curve(vertebrae.fracture, draw) for draw in vertebrae.scores.T]
    mean_scores = vertebrae.scores.mean(axis=1)
    curve = roc_curve(vertebrae.fracture, mean_scores)
    corners = {
        "youden": youden_index(curve),
        "target_sensitivity": sensitivity_index(curve, settings.target_sensitivity),
    }
    return VertebraAnalysis(
        auc=float(np.mean([draw.auc for draw in curves])),
        sensitivity=np.mean([np.interp(RATE_GRID, c.false_positive_rate, c.sensitivity) for c in curves], axis=0),
        bootstrap=bootstrap_draws(vertebrae.fracture, vertebrae.scores, weights[:, vertebrae.patient]),
        operating_points={
            name: operating_point(vertebrae.fracture, mean_scores, float(curve.probability_threshold[corner]))
            for name, corner in corners.items()
        },
    )
