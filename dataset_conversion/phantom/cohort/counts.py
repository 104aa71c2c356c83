"""Numbers of patients, vertebrae and fractures in a cohort, counted as in the paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from dataset_conversion.phantom.settings.levels import levels_between
from dataset_conversion.spine.vertebra_table import Vertebra

_GRADES = {"mild": 1, "moderate": 2, "severe": 3}
_LOWER_SPINE = frozenset(levels_between("T11", "S2"))


def count(cases: Sequence[Sequence[Vertebra]]) -> dict[str, int | float]:
    """Count what a cohort holds.

    Args:
        cases: The vertebrae of each case, from the head down.

    Returns:
        Numbers and shares under the names of `paper.STATED`.
    """
    vertebrae = [vertebra for case in cases for vertebra in case]
    runs = [_fracture_runs(case) for case in cases]
    neighboured = sum(length for case in runs for length in case if length > 1)
    fractured = sum(map(sum, runs))
    return {
        "cases": len(cases),
        "cases_without_fracture": runs.count([]),
        "vertebrae": len(vertebrae),
        "fractured": fractured,
        **_count_by_grade(vertebrae),
        "share_of_vertebrae_t11_to_s2": _share_true(vertebra.vertebra in _LOWER_SPINE for vertebra in vertebrae),
        "share_of_cases_with_more_than_two_contiguous": _share_true(max(case, default=0) > 2 for case in runs),
        "share_of_fractures_with_fractured_neighbour": round(neighboured / max(fractured, 1), 3),
    }


def _fracture_runs(case: Sequence[Vertebra]) -> list[int]:
    """Lengths of the runs of contiguous fractures of a case."""
    grouped = groupby(case, key=lambda vertebra: bool(vertebra.grade))
    return [len(list(run)) for fractured, run in grouped if fractured]


def _count_by_grade(vertebrae: Sequence[Vertebra]) -> dict[str, int]:
    grades = [vertebra.grade for vertebra in vertebrae]
    return {name: grades.count(grade) for name, grade in _GRADES.items()}


def _share_true(values: Iterable[bool]) -> float:
    values = list(values)
    return round(sum(values) / len(values), 3)
