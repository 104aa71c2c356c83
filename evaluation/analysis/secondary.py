"""What lies behind the AUCs: surroundings, errors, findings and calibration of one cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.analysis.curves import Analysis
from evaluation.analysis.misclassifications import (
    Outcome,
    VertebraError,
    false_positives_per_patient,
    list_errors,
    vertebra_outcomes,
)
from evaluation.analysis.subgroups import by_surroundings
from evaluation.cohort.assembly import Cohort
from evaluation.detection.detections import CaseDetections
from evaluation.detection.froc import FALSE_POSITIVE_RATES, Froc, froc
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_patients
from evaluation.statistics.calibration import Calibration, calibrate
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.surroundings import VertebraContext, vertebra_context


@dataclass(frozen=True)
class Details:
    """Results beside the curves.

    Attributes:
        context: What surrounds each vertebra.
        threshold: The vertebra's score above which it is called fractured (Youden); infinity calls none, None where
            there is no operating point.
        outcomes: (vertebrae,), what that threshold makes of each; empty without a threshold.
        errors: The wrong ones.
        froc: The free-response curve; None without a fracture.
        calibration: Of both levels, `patient` by the score at the reference noise threshold.
    """

    context: VertebraContext
    threshold: float | None
    outcomes: tuple[Outcome, ...]
    errors: list[VertebraError]
    froc: Froc | None
    calibration: dict[str, Calibration]


def analyse_details(
    cohort: Cohort,
    scores: CohortScores,
    analysis: Analysis,
    detections: Sequence[CaseDetections],
    settings: EvaluationSettings,
) -> Details:
    """Compute them; the bootstrap draws the patients that the curves' intervals are drawn from."""
    patients, vertebrae = scores.patients, scores.vertebrae
    weights = draw_patients(patients.patient_id, patients.fracture, settings.bootstrap_replicates, settings.seed)
    context = vertebra_context(cohort.cases, [case.border_distance for case in detections], settings)
    threshold = _threshold(analysis)
    reference = patients.scores[:, settings.reference_column]
    groups = settings.calibration_groups
    return Details(
        context=context,
        threshold=threshold,
        outcomes=() if threshold is None else vertebra_outcomes(scores, threshold),
        errors=[] if threshold is None else list_errors(scores, context, threshold),
        froc=froc(detections, patients, weights),
        calibration={
            "patient": calibrate(patients.fracture, reference, weights, groups),
            "vertebra": calibrate(
                vertebrae.fracture, vertebrae.scores.mean(axis=1), weights[:, vertebrae.patient], groups
            ),
        },
    )


def summarise_details(
    summary: dict[str, Any], details: Details, scores: CohortScores, analysis: Analysis
) -> dict[str, Any]:
    """The summary with `froc`, `calibration`, `errors` and the vertebrae by what surrounds them."""
    surroundings = by_surroundings(scores.vertebrae, analysis.vertebra, details.context)
    return {
        **summary,
        "vertebra": {**summary["vertebra"], **surroundings},
        "froc": None if details.froc is None else _froc(details.froc),
        "calibration": {
            level: {
                "brier": calibration.brier,
                "brier_ci95": list(calibration.brier_ci95),
                "brier_of_prevalence": calibration.brier_of_prevalence,
            }
            for level, calibration in details.calibration.items()
        },
        "errors": None if details.threshold is None else _errors(details, details.threshold, scores),
    }


def _threshold(analysis: Analysis) -> float | None:
    if analysis.vertebra is None:
        return None
    threshold = analysis.vertebra.operating_points["youden"].probability_threshold
    return np.inf if threshold is None else threshold


def _froc(curve: Froc) -> dict[str, Any]:
    return {
        "fractures": curve.fractures,
        "scans": curve.scans,
        "findings": curve.findings,
        "highest_sensitivity": float(curve.sensitivity[-1]),
        "highest_false_positives_per_scan": float(curve.false_positives_per_scan[-1]),
        "mean_sensitivity": curve.mean,
        "mean_sensitivity_ci95": list(curve.mean_ci95),
        "sensitivity_at": [
            {"false_positives_per_scan": rate, "sensitivity": float(sensitivity), "ci95": [float(low), float(high)]}
            for rate, sensitivity, low, high in zip(FALSE_POSITIVE_RATES, curve.at_rates, *curve.ci95, strict=True)
        ],
    }


def _errors(details: Details, threshold: float, scores: CohortScores) -> dict[str, Any]:
    return {
        "threshold": threshold if np.isfinite(threshold) else None,
        "missed": sum(error.outcome is Outcome.FALSE_NEGATIVE for error in details.errors),
        "false_alarms": sum(error.outcome is Outcome.FALSE_POSITIVE for error in details.errors),
        "false_positives_per_patient": false_positives_per_patient(scores, threshold),
    }
