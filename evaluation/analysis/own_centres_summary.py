"""The results at the located centres as numbers for `summary.json`, with the reasons for those that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import shortened_list
from evaluation.analysis.naming_summary import naming_notes, summarise_names
from evaluation.analysis.own_centres import OwnCentres
from evaluation.analysis.secondary import describe_froc
from evaluation.analysis.summary import describe_bootstrap
from evaluation.cohort.cases import Case
from evaluation.cohort.normal_maps import NORMAL_SUFFIX
from evaluation.detection.froc import Froc
from evaluation.localisation.matching import UNMATCHED
from evaluation.localisation.settings import DEFAULT_SETTINGS
from evaluation.settings import ScoringSettings
from evaluation.statistics.comparison import AucDifference
from evaluation.statistics.ratios import Ratio
from evaluation.statistics.roc import LEAST_UNITS

RATIOS = {
    "detected": "share of the vertebrae that are found",
    "near": "share that is found precisely",
    "error": "mean localisation error",
    "recall": "recall per scan",
    "precision": "precision per scan",
    "precision_in_span": "precision per scan in the annotated span",
    "false": "share of false vertebrae",
}
"""Names of the metrics in sentences."""


def summarise_own_centres(
    own: OwnCentres | None, cases: Sequence[Case], settings: ScoringSettings
) -> dict[str, Any] | None:
    """The content of `vertebra.own_centres`; None without results at located centres."""
    if own is None:
        return None
    metrics, located = own.metrics, [vertebra for case in own.located for vertebra in case.vertebrae]
    lost = np.concatenate(
        [match.match[: len(case.vertebrae)] == UNMATCHED for case, match in zip(cases, own.matches, strict=True)]
    )
    fracture = own.vertebrae.fracture
    return {
        "annotated": metrics.detected.count,
        "located": sum(not vertebra.inserted for vertebra in located),
        "radius_mm": settings.identification_radius,
        "near_radius_mm": settings.near_radius,
        "detection_rate": _numbers(metrics.detected),
        "identification_rate": _numbers(own.names.metrics.identified),
        "near_rate": _numbers(metrics.near),
        "mean_error_mm": _numbers(metrics.error),
        "recall_per_scan": _numbers(metrics.recall),
        "precision_per_scan": _numbers(metrics.precision),
        "precision_in_span_per_scan": _numbers(metrics.precision_in_span),
        "false_in_span": _numbers(metrics.false),
        "beyond_span": metrics.beyond,
        "inserted": {"total": metrics.inserted, "at_vertebra": metrics.inserted_at_vertebra},
        "missed": metrics.missed,
        "scored_zero": {"fractured": int(lost[fracture].sum()), "others": int(lost[~fracture].sum())},
        "auc": own.auc,
        "auc_bootstrap": describe_bootstrap(own.bootstrap),
        "auc_annotated": own.annotated_auc,
        "auc_annotated_bootstrap": describe_bootstrap(own.annotated_bootstrap),
        "difference_from_annotated": _numbers(own.to_annotated),
        "difference_from_noised": _numbers(own.to_noised),
        "froc": _curve(own.froc),
        "froc_in_span": _curve(own.froc_in_span),
        "naming": summarise_names(own.names),
        "localisation": asdict(DEFAULT_SETTINGS),
    }


def _numbers(result: Ratio | AucDifference | None) -> dict[str, Any] | None:
    return None if result is None else asdict(result)


def _curve(curve: Froc | None) -> dict[str, Any] | None:
    return None if curve is None else describe_froc(curve)


def own_centres_notes(own: OwnCentres | None, cases: Sequence[Case], without_normal_map: Sequence[str]) -> list[str]:
    """Why there are no results at located centres, which cases have none, and which numbers are missing."""
    if without_normal_map:
        return [
            f"There are no results with vertebrae located in the maps: {len(without_normal_map)} of {len(cases)} cases "
            f"have no map of normal vertebrae, <case>{NORMAL_SUFFIX}, beside that of fractures "
            f"({shortened_list(without_normal_map)})."
        ]
    if own is None:
        return []
    empty = [case.source.case_id for case, found in zip(cases, own.located, strict=True) if not found.vertebrae]
    notes = (
        [f"No vertebra was located in {len(empty)} of {len(cases)} cases ({shortened_list(empty)})."] if empty else []
    )
    absent = [RATIOS[field.name] for field in fields(own.metrics) if _lacks_interval(getattr(own.metrics, field.name))]
    if absent:
        notes.append(
            f"There are no intervals of the localisation's {', '.join(absent)}: fewer than {LEAST_UNITS} patients have "
            "a value."
        )
    return [*notes, *naming_notes(own.names, cases)]


def _lacks_interval(value: object) -> bool:
    return isinstance(value, Ratio) and value.ci95 is None
