"""All numbers of an evaluation in one dictionary, for `summary.json` and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from dataset_conversion.spine.records.versions import installed_versions
from evaluation.analysis.curves import Analysis, PatientAnalysis, VertebraAnalysis
from evaluation.analysis.notes import comparison_notes, curve_notes
from evaluation.analysis.subgroups import by_grade, by_level, by_region
from evaluation.settings import EvaluationSettings, SharedSettings
from evaluation.statistics.auc_interval import Interval, auc_interval
from evaluation.statistics.bootstrap import Bootstrap
from evaluation.statistics.comparison import Comparison
from evaluation.statistics.nested_points import NestedOperatingPoint
from evaluation.statistics.roc import RocHull
from evaluation.statistics.scores import CohortScores, PatientScores

DISTRIBUTIONS = ("vf_nnunet", "numpy", "scipy", "scikit-learn", "nibabel", "connected-components-3d", "higra")

PATIENT_AUCS = {
    "auc_hull": "convex hull over both thresholds, chosen and measured on the same patients: optimistic",
    "auc_nested": "operating points of the hull of the other folds, applied to the fold held out",
    "auc_fixed": "one score at the noise threshold fixed in advance, nothing chosen",
}
"""What each patient-level AUC is, so that they are not confused."""


def summarise(
    scores: CohortScores,
    analysis: Analysis,
    left_out: Sequence[str],
    settings: EvaluationSettings,
    comparison: Comparison | None = None,
) -> dict[str, Any]:
    """Collect all numbers. A number that cannot be computed is None, and a sentence under `notes` says why.

    Returns:
        `patient`, `vertebra`, `operating_points`, `operating_points_nested`, `comparison`, `notes`, `left_out`,
        `settings`, `versions` and `created`, all of them types that JSON has.
    """
    levels = {"patient": analysis.patient, "vertebra": analysis.vertebra}
    return {
        "patient": _patient_level(scores.patients, analysis.patient, settings),
        "vertebra": _vertebra_level(scores, analysis.vertebra),
        "operating_points": {
            name: {key: asdict(point) for key, point in level.operating_points.items()} if level else None
            for name, level in levels.items()
        },
        "operating_points_nested": {
            name: _nested_points(level.nested_operating_points) if level else None for name, level in levels.items()
        },
        "comparison": asdict(comparison) if comparison else None,
        "notes": [*curve_notes(scores, analysis), *comparison_notes(comparison)],
        "left_out": list(left_out),
        "settings": asdict(settings),
        "versions": installed_versions(DISTRIBUTIONS),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _patient_level(
    patients: PatientScores, analysis: PatientAnalysis | None, settings: SharedSettings
) -> dict[str, Any]:
    counts = {"n": len(patients.fracture), "positives": int(patients.fracture.sum())}
    if analysis is None:
        missing = dict.fromkeys((*PATIENT_AUCS, "auc_nested_ci95", "auc_by_noise_threshold", "hull", "nested_hulls"))
        empty = {"auc_hull_bootstrap": describe_bootstrap(None), "auc_fixed_bootstrap": describe_bootstrap(None)}
        return {**counts, "auc_labels": PATIENT_AUCS, **missing, **empty}
    by_noise_threshold = {
        str(n): curve.auc for n, curve in zip(settings.noise_thresholds, analysis.curves, strict=True)
    }
    return {
        **counts,
        "auc_labels": PATIENT_AUCS,
        "auc_hull": analysis.hull.auc,
        "auc_hull_bootstrap": describe_bootstrap(analysis.bootstrap),
        "auc_nested": analysis.nested.auc if analysis.nested else None,
        "auc_nested_ci95": _limits(auc_interval(analysis.nested.area)) if analysis.nested else None,
        "auc_fixed": analysis.fixed_auc,
        "auc_fixed_bootstrap": describe_bootstrap(analysis.fixed_bootstrap),
        "auc_by_noise_threshold": by_noise_threshold,
        "hull": _hull(analysis.hull),
        "nested_hulls": {str(fold): _hull(hull) for fold, hull in analysis.nested.hulls.items()}
        if analysis.nested
        else None,
    }


def _vertebra_level(scores: CohortScores, analysis: VertebraAnalysis | None) -> dict[str, Any]:
    vertebrae, cube = scores.vertebrae, scores.cube
    return {
        "n": len(vertebrae.fracture),
        "positives": int(vertebrae.fracture.sum()),
        "auc": analysis.auc if analysis else None,
        "auc_bootstrap": describe_bootstrap(analysis.bootstrap if analysis else None),
        "cube": {name: _with_names(values) for name, values in asdict(cube).items()} if cube else None,
        "by_grade": by_grade(vertebrae, analysis),
        "by_region": by_region(vertebrae, analysis),
        "by_level": by_level(vertebrae, analysis),
    }


def _nested_points(points: dict[str, NestedOperatingPoint] | None) -> dict[str, Any] | None:
    if points is None:
        return None
    return {name: {**asdict(point), "by_fold": _with_names(asdict(point)["by_fold"])} for name, point in points.items()}


def _with_names(values: dict[int, Any]) -> dict[str, Any]:
    """JSON keys are text."""
    return {str(name): value for name, value in values.items()}


def _hull(hull: RocHull) -> list[dict[str, Any]]:
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


def describe_bootstrap(bootstrap: Bootstrap | None) -> dict[str, Any]:
    """`mean` and `sd` of an AUC over the replicates, and `ci95`, its interval; None where there is none."""
    if bootstrap is None:
        return {"mean": None, "sd": None, "ci95": None}
    return {"mean": bootstrap.mean, "sd": bootstrap.sd, "ci95": _limits(bootstrap.ci95)}


def _limits(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)
