"""The table of a benchmark as JSON, CSV and Markdown, with one row per measure and one column per arm."""

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
    """The table with the notes below it."""
    lines = [f"| | {' | '.join(records)} |", f"|---|{'---|' * len(records)}"]
    for section, measure in _measures(records):
        cells = [_cell(record.get(section, {}).get(measure)) for record in records.values()]
        lines.append(f"| {section}: {measure.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), ""])


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
