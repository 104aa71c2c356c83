"""The table of transfer: a row per CT and one for all of them, as JSON and Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.files import write_json, write_text
from vf_nnunet.transfer.measure import BodyMeasure, CaseMeasure, DiscMeasure
from vf_nnunet.transfer.settings import TransferSettings

NAME = "transfer"
"""Name of the files, without their endings."""
TOTAL = "all"
"""Name of the row for all CTs together."""
DIGITS = 4
"""Decimals of the numbers in the JSON."""
COLUMNS = {
    "vertebrae": "vertebrae",
    "found": "found",
    "median_distance_mm": "median distance, mm",
    "located": "located",
    "false": "false",
    "false_beyond_masks": "of these above or below all masks",
    "normal_fracture_median": "p(fracture) at normal bodies: median",
    "normal_fracture_max": "largest",
    "normal_positive": "normal bodies positive",
    "fractured_fracture_median": "p(fracture) at fractured bodies: median",
    "fractured_positive": "fractured bodies positive",
    "body_normal_median": "p(normal): median at normal bodies",
    "disc_normal_median": "median at discs",
    "discs_marked": "discs marked",
    "fracture_cm3": "fracture volume, cm3",
    "fracture_outside_share": "of it outside vertebrae",
}
"""Heading of each column of the Markdown table by the key of its number."""
COUNTED = {
    "found": "vertebrae",
    "false": "located",
    "normal_positive": "normal",
    "fractured_positive": "fractured",
    "discs_marked": "discs",
}
"""Counts that are shown with their number of cases, by the key of that number."""


def summarise(cases: Sequence[CaseMeasure], vertebra_threshold: float, settings: TransferSettings) -> dict[str, Any]:
    """The numbers of one CT, or of several together. Medians are over all bodies or discs; None without any.

    Args:
        cases: The CTs.
        vertebra_threshold: Lowest score of a positive vertebra.
        settings: `marked` is used.
    """
    bodies = [body for case in cases for body in case.bodies]
    discs = [disc for case in cases for disc in case.discs]
    volume, outside = _sum(cases, "fracture_mm3"), _sum(cases, "outside_mm3")
    distances = [body.distance_mm for body in bodies if body.distance_mm is not None]
    return {
        "vertebrae": len(bodies),
        "found": sum(body.found for body in bodies),
        "median_distance_mm": _median(distances),
        "located": _sum(cases, "located"),
        "inserted": _sum(cases, "inserted"),
        "false": _sum(cases, "false"),
        "false_beyond_masks": _sum(cases, "beyond"),
        **_fractures(bodies, vertebra_threshold),
        **_discs(discs, settings),
        "fracture_cm3": round(volume / 1000, DIGITS),
        "fracture_outside_share": round(outside / volume, DIGITS) if volume else None,
    }


def _sum(cases: Sequence[CaseMeasure], name: str) -> Any:
    """The sum of an attribute."""
    return sum(getattr(case, name) for case in cases)


def _fractures(bodies: Sequence[BodyMeasure], threshold: float) -> dict[str, Any]:
    """The scores at normal and at fractured bodies; those that were not graded are left out."""
    scores = {kind: [body.fracture for body in bodies if body.is_fracture is kind] for kind in (False, True)}
    normal, fractured = scores[False], scores[True]
    return {
        "normal": len(normal),
        "normal_fracture_median": _median(normal),
        "normal_fracture_max": round(max(normal), DIGITS) if normal else None,
        "normal_positive": sum(score >= threshold for score in normal),
        "fractured": len(fractured),
        "fractured_fracture_median": _median(fractured),
        "fractured_positive": sum(score >= threshold for score in fractured),
        "body_normal_median": _median([body.normal for body in bodies if body.is_fracture is False]),
    }


def _discs(discs: Sequence[DiscMeasure], settings: TransferSettings) -> dict[str, Any]:
    return {
        "discs": len(discs),
        "disc_normal_median": _median([disc.normal for disc in discs]),
        "disc_fracture_median": _median([disc.fracture for disc in discs]),
        "discs_marked": sum(disc.vertebra >= settings.marked for disc in discs),
    }


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), DIGITS) if len(values) else None


def write_table(
    folder: Path,
    cases: Mapping[str, CaseMeasure],
    vertebra_threshold: float,
    about: Mapping[str, Any],
    notes: Sequence[str],
    settings: TransferSettings,
) -> str:
    """Write `transfer.json` and `transfer.md`.

    Args:
        folder: An existing folder.
        cases: What was measured, by case id.
        vertebra_threshold: Lowest score of a positive vertebra.
        about: What was measured, for the JSON.
        notes: Sentences below the table.
        settings: What counts as found and as marked.

    Returns:
        The Markdown.
    """
    rows = {case: summarise([measure], vertebra_threshold, settings) for case, measure in cases.items()}
    total = summarise(list(cases.values()), vertebra_threshold, settings)
    measured = {case: _measured(measure) for case, measure in cases.items()}
    content = {
        **about,
        "settings": {**asdict(settings), "vertebra_threshold": vertebra_threshold},
        TOTAL: total,
        "cases": rows,
        "measured": measured,
        "notes": list(notes),
    }
    write_json(folder / f"{NAME}.json", content)
    markdown = as_markdown({**rows, f"**{TOTAL}**": total}, notes)
    write_text(folder / f"{NAME}.md", markdown)
    return markdown


def _measured(case: CaseMeasure) -> dict[str, Any]:
    """The numbers of each body and disc."""
    return {name: [asdict(one) for one in getattr(case, name)] for name in ("bodies", "discs")}


def as_markdown(rows: Mapping[str, Mapping[str, Any]], notes: Sequence[str]) -> str:
    """A row for each entry, and the notes below; the columns about fractured vertebrae only if there are any."""
    has_fractures = any(row["fractured"] for row in rows.values())
    columns = {key: heading for key, heading in COLUMNS.items() if has_fractures or not key.startswith("fractured")}
    lines = [f"| CT | {' | '.join(columns.values())} |", f"|---|{'---|' * len(columns)}"]
    lines += [f"| {name} | {' | '.join(_cell(row, key) for key in columns)} |" for name, row in rows.items()]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), ""])


def _cell(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if value is None:
        return "-"
    if key in COUNTED:
        of = row[COUNTED[key]]
        return f"{value} of {of} ({value / of:.0%})" if of else "-"
    if key == "fracture_outside_share":
        return f"{value:.0%}"
    if isinstance(value, int):
        return str(value)
    return f"{value:.1f}" if key.endswith(("_mm", "_cm3")) else f"{value:.3f}"
