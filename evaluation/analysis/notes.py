"""Sentences about the numbers that an evaluation cannot give, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evaluation.analysis.curves import Analysis
from evaluation.detection.froc import Froc
from evaluation.statistics.auc_interval import LEAST_PATIENTS
from evaluation.statistics.bootstrap import CI95, Bootstrap
from evaluation.statistics.calibration import Calibration
from evaluation.statistics.comparison import Comparison
from evaluation.statistics.roc import LEAST_UNITS, BoolArray, IntArray
from evaluation.statistics.scores import CohortScores

CHANCE = 0.5
"""AUC of scores without information."""

CHOICE = "the patients outside each fold must include some with and some without a fracture"


def curve_notes(scores: CohortScores, analysis: Analysis) -> list[str]:
    """Why a level has no curve, no intervals or no nested results, why no cube was chosen, and a curve below chance."""
    patient, vertebra = analysis.patient, analysis.vertebra
    reasons = [
        (patient is None, _one_class("patient", scores)),
        (
            patient is not None and patient.nested is None,
            f"There is no nested AUC and no nested operating point: {CHOICE}.",
        ),
        (patient is not None and _lacks_interval(patient.bootstrap), _no_intervals("patient", scores)),
        (vertebra is None, _one_class("vertebra", scores)),
        (vertebra is not None and _lacks_interval(vertebra.bootstrap), _no_intervals("vertebra", scores)),
        (
            patient is None and vertebra is not None,
            f"There is no nested operating point at vertebra level: {CHOICE}.",
        ),
        (
            scores.cube is not None and not scores.cube.side_by_fold,
            "The side of the cube could not be chosen on the other folds. The candidate nearest the paper's was used.",
        ),
    ]
    return [*(note for is_absent, note in reasons if is_absent), *_below_chance(analysis)]


def _below_chance(analysis: Analysis) -> list[str]:
    """A sentence for each level at which fractures score lower than the others, more clearly than by chance."""
    # A hull never lies below chance.
    bootstraps = {
        "patient": analysis.patient and analysis.patient.fixed_bootstrap,
        "vertebra": analysis.vertebra and analysis.vertebra.bootstrap,
    }
    return [
        f"The {level}-level AUC lies below {CHANCE}: fractures have lower scores than the others. Check that the maps "
        "hold the probability of fracture, and not that of another class."
        for level, bootstrap in bootstraps.items()
        if bootstrap and np.percentile(bootstrap.areas, CI95[1]) < CHANCE
    ]


def comparison_notes(comparison: Comparison | None) -> list[str]:
    """Why a comparison lacks the interval and p value of DeLong. `curve_notes` gives the reasons for the others."""
    fixed, by_delong = (comparison.patient_fixed, comparison.patient_fixed_delong) if comparison else (None, None)
    if fixed is None or fixed.p is None or by_delong is None or by_delong.p is not None:
        return []
    return [
        "There is no interval and no p value of DeLong for the difference to the other detector: its variance is 0, "
        "because both detectors rank the patients equally, or each without a mistake."
    ]


def secondary_notes(scores: CohortScores, curve: Froc | None, calibration: Mapping[str, Calibration]) -> list[str]:
    """Why there is no free-response curve, or why it or a Brier score has no interval.

    Args:
        scores: Scores of the cohort.
        curve: The free-response curve.
        calibration: By level, "patient" or "vertebra".
    """
    notes = [_no_froc(scores, curve)]
    for level, calibrated in calibration.items():
        if calibrated.brier_ci95 is None:
            notes.append(f"There is no interval of the {level}-level Brier score: {_too_few(level, scores)}.")
    return [note for note in notes if note]


def _no_froc(scores: CohortScores, curve: Froc | None) -> str:
    if curve is None:
        return "There is no free-response curve: no vertebra is fractured."
    if curve.ci95 is not None:
        return ""
    patients = np.unique(scores.vertebrae.patient[scores.vertebrae.fracture]).size
    return (
        f"There are no intervals of the free-response curve: {_patients(patients)} with fractured vertebrae; the "
        f"bootstrap over patients needs {LEAST_UNITS} or more."
    )


def _no_intervals(level: str, scores: CohortScores) -> str:
    return (
        f"There are no {level}-level intervals of AUCs and no p values: {_sizes(level, scores)}; they need "
        f"{LEAST_PATIENTS} or more of each, because with fewer they would not hold."
    )


def _lacks_interval(bootstrap: Bootstrap | None) -> bool:
    return bootstrap is None or bootstrap.ci95 is None


def _too_few(level: str, scores: CohortScores) -> str:
    """The number of patients of each class of a level, and how many a bootstrap needs."""
    return f"{_sizes(level, scores)}; the bootstrap over patients needs {LEAST_UNITS} or more of each class that occurs"


def _sizes(level: str, scores: CohortScores) -> str:
    """The number of patients of each class of a level."""
    fracture, patient = _members(level, scores)
    fractured, others = (np.unique(patient[fracture == outcome]).size for outcome in (True, False))
    kinds = ("a fracture", "none") if level == "patient" else ("fractured vertebrae", "vertebrae without a fracture")
    return f"{_patients(fractured)} with {kinds[0]} and {others} with {kinds[1]}"


def _members(level: str, scores: CohortScores) -> tuple[BoolArray, IntArray]:
    """The class and the patient of each member of a level."""
    if level == "vertebra":
        return scores.vertebrae.fracture, scores.vertebrae.patient
    return scores.patients.fracture, np.arange(scores.patients.fracture.size)


def _one_class(level: str, scores: CohortScores) -> str:
    fracture, _ = _members(level, scores)
    found = "has a fracture" if fracture.any() else "is free of fractures"
    return (
        f"There is no {level}-level ROC curve: every {level} {found} (n = {fracture.size}); a curve needs both kinds."
    )


def _patients(count: int) -> str:
    return "1 patient" if count == 1 else f"{count} patients"
