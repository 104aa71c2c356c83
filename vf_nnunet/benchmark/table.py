"""The benchmark's table: one row a measure, one column an arm, as JSON, CSV and Markdown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset_conversion.spine.files import write_csv, write_json, write_text
from vf_nnunet.benchmark.accuracy import Record

NAME = "benchmark"
MISSING = "-"


def write_table(folder: Path, records: Mapping[str, Record], notes: Sequence[str]) -> None:
    """Write `benchmark.json`, `benchmark.csv` and `benchmark.md`.

    Args:
        folder: Exists.
        records: Sections of named values by column; a value is a number, a text, an interval [low, high] or None.
        notes: Sentences below the table.
    """
    content = {"columns": records, "notes": list(notes)}
    write_json(folder / f"{NAME}.json", content)
    write_csv(folder / f"{NAME}.csv", ["section", "measure", *records], _csv_rows(records))
    write_text(folder / f"{NAME}.md", as_markdown(records, notes))


def as_markdown(records: Mapping[str, Record], notes: Sequence[str]) -> str:
    """The table and, below it, the notes."""
    lines = [f"| | {' | '.join(records)} |", f"|---|{'---|' * len(records)}"]
    for section, measure in _measures(records):
        cells = [_cell(record.get(section, {}).get(measure)) for record in records.values()]
        lines.append(f"| {section}: {measure.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), ""])


def _measures(records: Mapping[str, Record]) -> list[tuple[str, str]]:
    """Every (section, measure) that any column has, sections together, in the order in which they first occur."""
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
    """A value as read by people: four digits of a fraction, thousands apart."""
    if value is None:
        return MISSING
    if isinstance(value, list):
        return " to ".join(_cell(part) for part in value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
