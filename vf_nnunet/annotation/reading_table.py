"""The file of one reader: the vertebra table with the columns `reader` and `seconds`.

A grade that the reader cannot say is `x`, one that is not said yet is empty; `convert` takes both for not graded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dataset_conversion.spine.errors import InputError, shorten
from dataset_conversion.spine.files import write_csv
from dataset_conversion.spine.levels import level_index
from dataset_conversion.spine.records.delimited_text import parse_number, read_text_table
from dataset_conversion.spine.vertebra_table import COLUMNS, READING_COLUMNS, Vertebra, parse_vertebra_table
from vf_nnunet.annotation.mark import Mark

NOT_GRADABLE = "x"
"""The grade of a vertebra that cannot be graded."""

DECIMALS = 3
"""Decimals of coordinates in mm."""

SECONDS_DECIMALS = 1

Marks = tuple[Mark, ...]


@dataclass(frozen=True)
class Reading:
    """The contents of a reader's file.

    Attributes:
        vertebrae: The rows, as other programs read them.
        marks: By case id, each case down the spine.
        patients: Patient by case id.
        reader: Who read it, None where the table does not say.
    """

    vertebrae: Sequence[Vertebra] = ()
    marks: Mapping[str, Marks] = field(default_factory=dict)
    patients: Mapping[str, str] = field(default_factory=dict)
    reader: str | None = None


def read_reading(path: Path, reader: str | None) -> Reading:
    """Read the file of a reader.

    Args:
        path: The file. A table without the two columns is read too, such as one that another program made.
        reader: Who goes on with it; None to read the table of anybody.

    Raises:
        InputError: If the table is invalid, is empty but for its header, or belongs to another reader; all problems at
            once.
    """
    table = read_text_table(path)
    if table.header and not table.lines:
        return Reading()
    vertebrae = parse_vertebra_table(path, table)
    cells = [dict(zip(table.header, line.cells, strict=True)) for line in table.lines]
    _check_rows(path, cells, reader, table.delimiter)
    marks: dict[str, list[Mark]] = {}
    for vertebra, row in zip(vertebrae, cells, strict=True):
        marks.setdefault(vertebra.case_id, []).append(_mark(vertebra, row, table.delimiter))
    return Reading(
        vertebrae=vertebrae,
        marks={case_id: as_kept(found) for case_id, found in marks.items()},
        patients={vertebra.case_id: vertebra.patient_id for vertebra in vertebrae},
        reader=next((row["reader"] for row in cells if row.get("reader")), None),
    )


def _mark(vertebra: Vertebra, row: Mapping[str, str], delimiter: str) -> Mark:
    gradable = row["grade"].lower() != NOT_GRADABLE
    x, y, z = vertebra.centroid
    return Mark(
        vertebra=vertebra.vertebra,
        x=x,
        y=y,
        z=z,
        grade=vertebra.grade,
        gradable=gradable,
        shape=vertebra.shape if gradable and vertebra.grade != 0 else None,
        seconds=parse_number(row.get("seconds", ""), delimiter) or 0.0,
    )


def write_reading(path: Path, reader: str, marks: Mapping[str, Sequence[Mark]], patients: Mapping[str, str]) -> None:
    """Write the file of a reader, atomically.

    Args:
        path: The file.
        reader: Who reads.
        marks: By case id.
        patients: Patient by case id; other cases are patients of their own.
    """
    rows = (
        (case_id, patients.get(case_id, case_id), *_cells(mark), reader, mark.seconds)
        for case_id in sorted(marks)
        for mark in marks[case_id]
    )
    write_csv(path, (*COLUMNS, *READING_COLUMNS), rows)


def as_kept(marks: Iterable[Mark]) -> Marks:
    """Marks as the table keeps them: rounded, in the order of their levels."""
    rounded = [
        replace(
            mark,
            x=round(mark.x, DECIMALS),
            y=round(mark.y, DECIMALS),
            z=round(mark.z, DECIMALS),
            seconds=round(mark.seconds, SECONDS_DECIMALS),
        )
        for mark in marks
    ]
    return tuple(sorted(rounded, key=lambda mark: level_index(mark.vertebra)))


def _cells(mark: Mark) -> list[object]:
    return [mark.vertebra, mark.x, mark.y, mark.z, mark.grade if mark.gradable else NOT_GRADABLE, mark.shape]


def _check_rows(path: Path, rows: Sequence[Mapping[str, str]], reader: str | None, delimiter: str) -> None:
    """Raise each problem once: those of the reader are the same in all rows."""
    problems = dict.fromkeys(f"{path}: {problem}" for row in rows for problem in _check(row, reader, delimiter))
    if problems:
        raise InputError(list(problems))


def _check(row: Mapping[str, str], reader: str | None, delimiter: str) -> list[str]:
    problems = []
    owner, seconds = row.get("reader", ""), row.get("seconds", "")
    if reader is not None and owner not in ("", reader):
        owner = shorten(owner)
        problems.append(f"read by {owner!r}, not by {reader!r}; expected --reader {owner!r}, or another -o")
    number = parse_number(seconds, delimiter)
    if seconds and (number is None or number < 0):
        problems.append(f"seconds is {shorten(seconds)!r}; expected a number from 0 on")
    return problems
