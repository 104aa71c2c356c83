"""The names of the located vertebrae as numbers for `summary.json`, with the reasons for those that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dataset_conversion.spine.errors import shortened_list
from evaluation.analysis.naming import OwnNames
from evaluation.cohort.cases import Case
from evaluation.localisation.identification import IdentificationMetrics
from evaluation.naming.level_tables import NAMED_LEVELS
from evaluation.naming.name_levels import DEFAULTS
from evaluation.statistics.roc import LEAST_UNITS

KEYS = {
    "identified": "identification_rate",
    "recall": "recall_per_scan",
    "precision": "precision_per_scan",
    "precision_in_span": "precision_in_span_per_scan",
    "named": "named",
    "right": "right_among_named",
    "probable": "most_probable_right",
}
"""Key of each ratio."""


def summarise_names(names: OwnNames) -> dict[str, Any]:
    """The content of `vertebra.own_centres.naming`."""
    lowest = names.lowest
    return {
        **_numbers(names.metrics),
        "lowest_level": lowest and {"not_given": _numbers(lowest.not_given), "given": _numbers(lowest.given)},
        "settings": asdict(DEFAULTS),
    }


def _numbers(metrics: IdentificationMetrics) -> dict[str, Any]:
    return {
        **{key: asdict(getattr(metrics, name)) for name, key in KEYS.items()},
        "cases": metrics.cases,
        "unnamed_cases": metrics.unnamed_cases,
    }


def naming_notes(names: OwnNames, cases: Sequence[Case]) -> list[str]:
    """Which cases cannot be named, which vertebrae never are, and which numbers or intervals are missing."""
    notes = [
        f"The vertebrae located in {case.source.case_id} cannot be named and count as not identified ({named.problem})."
        for case, named in zip(cases, names.cases, strict=True)
        if named.problem is not None
    ]
    return [*notes, *_never_named(cases), *_missing_numbers(names.metrics)]


def _never_named(cases: Sequence[Case]) -> list[str]:
    rows = [(case.source.case_id, row.vertebra) for case in cases for row in case.annotated]
    never = [f"{case_id} {level}" for case_id, level in rows if level not in NAMED_LEVELS]
    if not never:
        return []
    return [
        f"The sacrum is never named. {len(never)} annotated vertebrae cannot be identified: {shortened_list(never)}."
    ]


def _missing_numbers(metrics: IdentificationMetrics) -> list[str]:
    notes = []
    if metrics.named.count and not metrics.right.count:
        notes.append(
            f"There is no share of right names: none of the {metrics.named.count} vertebrae found has a name, because "
            "other levels are too probable as well. They count as not identified."
        )
    numbers = {key.replace("_", " "): getattr(metrics, name) for name, key in KEYS.items()}
    absent = [name for name, number in numbers.items() if number.count and number.ci95 is None]
    if absent:
        notes.append(
            f"There are no intervals of the names' {', '.join(absent)}: fewer than {LEAST_UNITS} patients have a value."
        )
    return notes
