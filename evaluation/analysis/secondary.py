"""Secondary analyses: misclassified vertebrae and their surroundings, findings, calibration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.analysis.curves import Analysis
from evaluation.analysis.misclassifications import (
    Misclassification,
    Outcome,
    false_positives_per_patient,
    list_misclassifications,
    vertebra_outcomes,
)
from evaluation.analysis.notes import secondary_notes
from evaluation.analysis.subgroups import by_surroundings
from evaluation.detection.detections import CaseDetections
from evaluation.detection.froc import FALSE_POSITIVE_RATES, Froc, froc
from evaluation.settings import StatisticsSettings
from evaluation.statistics.calibration import Calibration, calibrate
from evaluation.statistics.roc import IntArray
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.surroundings import VertebraSurroundings


@dataclass(frozen=True)
class SecondaryAnalyses:
    """Results in addition to the ROC curves.

    Attributes:
        surroundings: What surrounds each vertebra.
        threshold: A vertebra is classified as fractured at or above this score (Youden). Infinity classifies none as
            fractured; None if there is no operating point.
        outcomes: (vertebrae,), each vertebra's outcome at the threshold; empty without a threshold.
        misclassifications: The vertebrae on the wrong side of the threshold.
        froc: The free-response curve; None without a fracture.
        calibration: For `patient` (score at the reference noise threshold) and `vertebra`.
    """

    surroundings: VertebraSurroundings
    threshold: float | None
    outcomes: tuple[Outcome, ...]
    misclassifications: list[Misclassification]
    froc: Froc | None
    calibration: dict[str, Calibration]


def analyse_secondary(
    scores: CohortScores,
    analysis: Analysis,
    surroundings: VertebraSurroundings,
    detections: Sequence[CaseDetections],
    weights: IntArray,
    settings: StatisticsSettings,
) -> SecondaryAnalyses:
    """Compute the secondary analyses.

    Args:
        scores: Scores of the cohort.
        analysis: Its curves.
        surroundings: What surrounds each vertebra.
        detections: The findings of each case.
        weights: (replicates, patients), the bootstrap samples of the curves' intervals.
        settings: `calibration_groups` and `reference_noise_threshold` are used.
    """
    patients, vertebrae = scores.patients, scores.vertebrae
    threshold = _threshold(analysis)
    reference = patients.scores[:, settings.reference_column]
    groups = settings.calibration_groups
    return SecondaryAnalyses(
        surroundings=surroundings,
        threshold=threshold,
        outcomes=() if threshold is None else vertebra_outcomes(scores, threshold),
        misclassifications=[] if threshold is None else list_misclassifications(scores, surroundings, threshold),
        froc=froc(detections, patients, weights),
        calibration={
            "patient": calibrate(patients.fracture, reference, weights, groups),
            "vertebra": calibrate(
                vertebrae.fracture,
                vertebrae.scores.mean(axis=1),
                weights[:, vertebrae.patient],
                groups,
                vertebrae.patient,
            ),
        },
    )


def summarise_secondary(
    summary: dict[str, Any], secondary: SecondaryAnalyses, scores: CohortScores, analysis: Analysis
) -> dict[str, Any]:
    """Add `froc`, `calibration` and `errors` with their notes, and the vertebrae grouped by their surroundings."""
    groups = by_surroundings(scores.vertebrae, analysis.vertebra, secondary.surroundings)
    return {
        **summary,
        "vertebra": {**summary["vertebra"], **groups},
        "notes": [*summary.get("notes", []), *secondary_notes(scores, secondary.froc, secondary.calibration)],
        "froc": None if secondary.froc is None else describe_froc(secondary.froc),
        "calibration": {
            level: {
                "brier": calibration.brier,
                "brier_ci95": None if calibration.brier_ci95 is None else list(calibration.brier_ci95),
                "brier_of_prevalence": calibration.brier_of_prevalence,
            }
            for level, calibration in secondary.calibration.items()
        },
        "errors": None if secondary.threshold is None else _misclassified(secondary, secondary.threshold, scores),
    }


def _threshold(analysis: Analysis) -> float | None:
    if analysis.vertebra is None:
        return None
    threshold = analysis.vertebra.operating_points["youden"].probability_threshold
    return np.inf if threshold is None else threshold


def describe_froc(curve: Froc) -> dict[str, Any]:
    """The numbers of a free-response curve for `summary.json`."""
    intervals = [None] * len(FALSE_POSITIVE_RATES) if curve.ci95 is None else curve.ci95.T.tolist()
    return {
        "fractures": curve.fractures,
        "scans": curve.scans,
        "findings": curve.findings,
        "highest_sensitivity": float(curve.sensitivity[-1]),
        "highest_false_positives_per_scan": float(curve.false_positives_per_scan[-1]),
        "mean_sensitivity": curve.mean,
        "mean_sensitivity_ci95": None if curve.mean_ci95 is None else list(curve.mean_ci95),
        "sensitivity_at": [
            {"false_positives_per_scan": rate, "sensitivity": sensitivity, "ci95": interval}
            for rate, sensitivity, interval in zip(
                FALSE_POSITIVE_RATES, curve.at_rates.tolist(), intervals, strict=True
            )
        ],
    }


def _misclassified(secondary: SecondaryAnalyses, threshold: float, scores: CohortScores) -> dict[str, Any]:
    outcomes = Counter(misclassified.outcome for misclassified in secondary.misclassifications)
    return {
        "threshold": threshold if np.isfinite(threshold) else None,
        "missed": outcomes[Outcome.FALSE_NEGATIVE],
        "false_alarms": outcomes[Outcome.FALSE_POSITIVE],
        "false_positives_per_patient": false_positives_per_patient(scores, threshold),
    }
