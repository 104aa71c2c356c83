"""What a cohort turned out to hold, counted as the paper counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dataset_conversion.spine.levels import level_index
from dataset_conversion.spine.vertebra_table import Vertebra


def count(cases: Sequence[Sequence[Vertebra]]) -> dict[str, int | float]:
    """Numbers under the names of ``paper.STATED``; each case's vertebrae stand in order down the spine."""
    runs = [_runs(case) for case in cases]
    rows = [row for case in cases for row in case]
    lengths = [length for case in runs for length in case]
    fractured = sum(lengths)
    low = sum(level_index("T11") <= level_index(row.vertebra) <= level_index("S2") for row in rows)
    return {
        "cases": len(cases),
        "cases_without_fracture": sum(not case for case in runs),
        "vertebrae": len(rows),
        "fractured": fractured,
        **{
            name: sum(row.grade == grade for row in rows)
            for grade, name in ((1, "mild"), (2, "moderate"), (3, "severe"))
        },
        "share_of_vertebrae_t11_to_s2": round(low / len(rows), 3),
        "share_of_cases_with_more_than_two_contiguous": round(
            sum(max(case, default=0) > 2 for case in runs) / len(runs), 3
        ),
        "share_of_fractures_with_fractured_neighbour": round(
            sum(length for length in lengths if length > 1) / max(fractured, 1), 3
        ),
    }


def _runs(case: Sequence[Vertebra]) -> list[int]:
    """Lengths of a case's runs of contiguous fractures."""
    grouped = groupby(case, key=lambda row: bool(row.grade))
    return [len(list(rows)) for fractured, rows in grouped if fractured]
