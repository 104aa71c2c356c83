"""The numbers of an evaluation as one dictionary, which is `summary.json` and what the report is made from."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from evaluation.analysis import Analysis, PatientAnalysis
from evaluation.bootstrap import Bootstrap
from evaluation.roc import BoolArray
from evaluation.scores import CohortScores, PatientScores
from evaluation.settings import EvaluationSettings
from evaluation.subgroups import by_grade, by_level, by_region

DISTRIBUTIONS = ("vf_nnunet", "numpy", "scipy", "scikit-learn", "nibabel", "connected-components-3d")


def summarise(
    scores: CohortScores, analysis: Analysis, left_out: Sequence[str], settings: EvaluationSettings
) -> dict[str, Any]:
    """Collect every number; one that cannot exist is None, and a sentence under `notes` says why.

    Returns:
        `patient`, `vertebra`, `operating_points`, `notes`, `left_out`, `settings`, `versions` and `created`; holds
        nothing that JSON cannot.
    """
    vertebrae = scores.vertebrae
    return {
        "patient": _patient_level(scores.patients, analysis.patient, settings),
        "vertebra": {
            "n": len(vertebrae.fracture),
            "positives": int(vertebrae.fracture.sum()),
            "auc": analysis.vertebra.auc if analysis.vertebra else None,
            "auc_bootstrap": _bootstrap(analysis.vertebra.bootstrap if analysis.vertebra else None),
            "by_grade": by_grade(vertebrae, analysis.vertebra),
            "by_region": by_region(vertebrae, analysis.vertebra),
            "by_level": by_level(vertebrae, analysis.vertebra),
        },
        "operating_points": {
            name: {key: asdict(point) for key, point in level.operating_points.items()} if level else None
            for name, level in (("patient", analysis.patient), ("vertebra", analysis.vertebra))
        },
        "notes": _notes(scores, analysis),
        "left_out": list(left_out),
        "settings": asdict(settings),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in DISTRIBUTIONS}},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _patient_level(
    patients: PatientScores, analysis: PatientAnalysis | None, settings: EvaluationSettings
) -> dict[str, Any]:
    counts = {"n": len(patients.fracture), "positives": int(patients.fracture.sum())}
    if analysis is None:
        missing = dict.fromkeys(("auc_hull", "auc_nested", "auc_reference", "auc_by_noise_threshold", "hull"))
        return {**counts, **missing, "auc_hull_bootstrap": _bootstrap(None)}
    by_noise_threshold = {
        str(n): curve.auc for n, curve in zip(settings.noise_thresholds, analysis.curves, strict=True)
    }
    return {
        **counts,
        "auc_hull": analysis.hull.auc,
        "auc_hull_bootstrap": _bootstrap(analysis.bootstrap),
        "auc_nested": analysis.nested.auc if analysis.nested else None,
        "nested_noise_thresholds": analysis.nested.noise_thresholds if analysis.nested else None,
        "auc_reference": by_noise_threshold[str(settings.reference_noise_threshold)],
        "auc_by_noise_threshold": by_noise_threshold,
        "hull": _hull(analysis),
    }


def _hull(analysis: PatientAnalysis) -> list[dict[str, Any]]:
    hull = analysis.hull
    return [
        {
            "false_positive_rate": float(rate),
            "sensitivity": float(sensitivity),
            "probability_threshold": float(p) if np.isfinite(p) else None,
            "noise_threshold": int(n),
        }
        for rate, sensitivity, p, n in zip(
            hull.false_positive_rate, hull.sensitivity, hull.probability_threshold, hull.noise_threshold, strict=True
        )
    ]


def _bootstrap(bootstrap: Bootstrap | None) -> dict[str, Any]:
    if bootstrap is None:
        return {"mean": None, "sd": None, "ci95": None}
    return {"mean": bootstrap.mean, "sd": bootstrap.sd, "ci95": list(bootstrap.ci95)}


def _notes(scores: CohortScores, analysis: Analysis) -> list[str]:
    notes = []
    if analysis.patient is None:
        notes.append(_one_class("patient", scores.patients.fracture))
    elif analysis.patient.nested is None:
        notes.append(
            "There is no nested AUC: the patients outside each fold must include some with and some without a fracture."
        )
    if analysis.vertebra is None:
        notes.append(_one_class("vertebra", scores.vertebrae.fracture))
    return notes


def _one_class(unit: str, fracture: BoolArray) -> str:
    found = "has a fracture" if fracture.any() else "is free of fractures"
    return f"There is no {unit}-level ROC curve: every {unit} {found} (n = {fracture.size}); a curve needs both kinds."


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
