"""The table of a benchmark as JSON, CSV and Markdown.

Markdown begins with a short table of speed, one row per arm; the full one has a row per measure and a column per arm.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset_conversion.spine.files import write_csv, write_json, write_text
from vf_nnunet.benchmark.accuracy import Record
from vf_nnunet.benchmark.ratios import SECTION as RATIOS

NAME = "benchmark"
MISSING = "-"
COMPUTATION = ("backend", "precision", "threads", "device")
SPEED = {
    "prediction: library, precision, threads, device": ("prediction", COMPUTATION),
    "s, one pass": ("prediction", ("seconds",)),
    "s, with default mirroring": ("prediction", ("seconds_with_default_mirroring",)),
    "times as long, as shipped": (RATIOS, ("prediction_as_shipped",)),
    "times as long, like with like": (RATIOS, ("prediction_one_pass_like_with_like",)),
    "training: library, precision, threads, device": ("training", COMPUTATION),
    "s per million voxels learned": ("training", ("seconds_per_million_voxels_learned",)),
    "times as long per voxel learned, like with like": (RATIOS, ("training_per_voxel_learned_like_with_like",)),
}
"""Columns of the table of speed: section and measures of each; several measures share a cell."""


def write_table(folder: Path, records: Mapping[str, Record], notes: Sequence[str]) -> None:
    """Write `benchmark.json`, `benchmark.csv` and `benchmark.md`.

    Args:
        folder: Folder for the files; it is created if necessary.
        records: Named values by column and section; a value is a number, a text, an interval [low, high] or None.
        notes: Sentences below the table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {"columns": records, "notes": list(notes)}
    write_json(folder / f"{NAME}.json", content)
    write_csv(folder / f"{NAME}.csv", ["section", "measure", *records], _csv_rows(records))
    write_text(folder / f"{NAME}.md", as_markdown(records, notes))


def as_markdown(records: Mapping[str, Record], notes: Sequence[str]) -> str:
    """The table of speed, the full table, and the notes below them."""
    lines = [*_speed_rows(records), ""] if any("prediction" in record for record in records.values()) else []
    lines += [f"| | {' | '.join(records)} |", f"|---|{'---|' * len(records)}"]
    for section, measure in _measures(records):
        cells = [_cell(record.get(section, {}).get(measure)) for record in records.values()]
        lines.append(f"| {section}: {measure.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), ""])


def _speed_rows(records: Mapping[str, Record]) -> list[str]:
    rows = [f"| arm | {' | '.join(SPEED)} |", f"|---|{'---|' * len(SPEED)}"]
    for name, record in records.items():
        if "prediction" in record:
            cells = [
                ", ".join(_cell(record.get(section, {}).get(measure)) for measure in measures)
                if section in record
                else MISSING
                for section, measures in SPEED.values()
            ]
            rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows


def _measures(records: Mapping[str, Record]) -> list[tuple[str, str]]:
    """Every (section, measure) of any column, grouped by section, in order of first occurrence."""
    sections: dict[str, dict[str, None]] = {}
    for record in records.values():
        for section, values in record.items():
            sections.setdefault(section, {}).update(dict.fromkeys(values))
    return [(section, measure) for section, measures in sections.items() for measure in measures]


def _csv_rows(records: Mapping[str, Record]) -> list[list[object]]:
    return [
        [section, measure, *(record.get(section, {}).get(measure) for record in records.values())]
        for section, measure in _measures(records)
    ]


def _cell(value: Any) -> str:
    """Format a value: four digits of a fraction, thousands separated."""
    if value is None:
        return MISSING
    if isinstance(value, list):
        return " to ".join(_cell(part) for part in value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
