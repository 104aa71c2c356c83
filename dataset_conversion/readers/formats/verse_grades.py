"""VerSe's table of Genant grades, as published with Löffler et al. 2020 (xlsx) and as exported to CSV.

One row per image series: `verse_ID` and `subject_ID`, and for each level T1 to L6 a grade (`T1_fx-g`) and a shape
(`T1_fx-s`).

Assumes:
    Grades and shapes are on VerSe's scales, in the row of their series and the column of their level: checked are the
    words, the columns, repeated series, formulas without a result, graded levels without a centroid, and scales without
    a normal vertebra or with one grade only (`checks.annotations`). A grade in the wrong row or column is not seen if
    that vertebra has a centroid.
"""

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dataset_conversion.readers.interface import GradeFormat, Grading, Gradings
from dataset_conversion.spine.errors import InputError, shorten
from dataset_conversion.spine.genant import parse_grade, parse_shape
from dataset_conversion.spine.records.delimited_text import read_text_table

ENDINGS = (".xlsx", ".csv")
ID_COLUMNS = ("verse_ID", "subject_ID")
SHAPE_OF_CODE: dict[int, str | None] = {0: None, 1: "wedge", 2: "biconcave", 3: "crush"}

Value = TypeVar("Value")

_LEVEL_COLUMN = re.compile(r"[CTLS]\d+(?![A-Za-z0-9])", re.IGNORECASE)
_KNOWN_COLUMN = re.compile(r"[TL]\d+_fx-[gs]")
_GRADE_COLUMN = re.compile(r"([TL]\d+)_fx-g")


def read_verse_grades(path: Path) -> Gradings:
    """Read the grade table. Vertebrae without a grade, or with foreign material, are left out.

    Raises:
        InputError: If the table is invalid; all problems at once, each with its row and column.
    """
    table = _read_table(path)
    levels = [match[1] for column in table.columns if (match := _GRADE_COLUMN.fullmatch(column))]
    _check_columns(path, table.columns, levels)
    problems: list[str] = []
    gradings: Gradings = {}
    for number, row in table.rows:
        try:
            case_id = _case_id(row)
            if case_id in gradings:
                raise InputError(f"series {case_id} again; expected one row per series")
            gradings[case_id] = _row_gradings(row, levels)
        except InputError as error:
            problems += [f"{path}: row {number}: {problem}" for problem in error.problems]
    if problems:
        raise InputError(problems)
    return gradings


def _check_columns(path: Path, columns: Sequence[str], levels: Sequence[str]) -> None:
    missing = [column for column in ID_COLUMNS if column not in columns]
    problems = [f"{path}: column {column!r} is missing; expected {' and '.join(ID_COLUMNS)}" for column in missing]
    if not levels:
        problems.append(f"{path}: no grade column; expected columns such as 'T1_fx-g'")
    misnamed = [name for name in columns if _LEVEL_COLUMN.match(name) and not _KNOWN_COLUMN.fullmatch(name)]
    problems += [
        f"{path}: column {shorten(name)!r} begins with a level; expected 'T1_fx-g' for grades and 'T1_fx-s' for shapes"
        for name in misnamed
    ]
    if problems:
        raise InputError(problems)


@dataclass(frozen=True)
class _Table:
    """The table's columns, and its rows with their numbers in a spreadsheet."""

    columns: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]]


def _read_table(path: Path) -> _Table:
    """All cells as stripped text, without blank rows."""
    if path.suffix.lower() == ".xlsx":
        return _read_spreadsheet(path)
    table = read_text_table(path)
    if not table.header:
        raise InputError(f"{path}: cannot be read (it is empty); expected VerSe's grade table, xlsx or CSV")
    rows = [(line.number, dict(zip(table.header, line.cells, strict=True))) for line in table.lines]
    return _Table(table.header, rows)


def _read_spreadsheet(path: Path) -> _Table:
    """The first sheet. A formula counts as its result, which the program that saved the file has stored beside it."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # openpyxl warns of the published file's conditional formats.
            warnings.simplefilter("ignore", UserWarning)
            table = pd.read_excel(path, dtype=str, keep_default_na=False)
            formulas = _formulas(path)
    except Exception as error:  # errors of zip, XML and text have no base class in common
        raise InputError(f"{path}: cannot be read ({error}); expected VerSe's grade table, xlsx or CSV") from error
    table = table.fillna("").map(str.strip).rename(columns=lambda column: str(column).strip())
    columns = tuple(map(str, table.columns))
    rows = [(number, row) for number, row in enumerate(table.to_dict("records"), start=2) if any(row.values())]
    lost = [
        f"{path}: row {number}: {columns[place]} is a formula without a result; expected a table saved by a spreadsheet"
        for number, place in formulas
        if place < len(columns) and _KNOWN_COLUMN.fullmatch(columns[place]) and not table.iloc[number - 2, place]
    ]
    if lost:
        raise InputError(lost)
    return _Table(columns, rows)


def _formulas(path: Path) -> list[tuple[int, int]]:
    """Row number and column of each formula below the header of the first sheet."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        rows = enumerate(book.worksheets[0].iter_rows(min_row=2, values_only=True), start=2)
        return [(number, place) for number, row in rows for place, cell in enumerate(row) if str(cell).startswith("=")]
    finally:
        book.close()


def _case_id(row: dict[str, str]) -> str:
    verse, subject = (_whole_number(row[column], column) for column in ID_COLUMNS)
    return f"sub-verse{subject:03d}" if verse == subject else f"sub-verse{subject:03d}_split-verse{verse:03d}"


def _row_gradings(row: dict[str, str], levels: list[str]) -> dict[str, Grading]:
    problems: list[str] = []
    gradings: dict[str, Grading] = {}
    for level in levels:
        try:
            grade = _named(f"{level}_fx-g", parse_grade, row[f"{level}_fx-g"])
            if grade is not None:
                gradings[level] = Grading(grade, _named(f"{level}_fx-s", _parse_shape, row.get(f"{level}_fx-s", "")))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return gradings


def _named(column: str, parse: Callable[[str], Value], text: str) -> Value:
    """The value of a cell; its column heads a problem."""
    try:
        return parse(text)
    except InputError as error:
        raise InputError([f"{column}: {problem}" for problem in error.problems]) from error


def _parse_shape(text: str) -> str | None:
    """The shape of one of VerSe's codes, or of a word as in the other formats."""
    code = re.fullmatch(r"([0-3])([.,]0*)?", text)
    return SHAPE_OF_CODE[int(code[1])] if code else parse_shape(text)


def _whole_number(text: str, column: str) -> int:
    """The number in a cell. Spreadsheets write 2.0 for 2 in a column that has empty cells."""
    match = re.fullmatch(r"(\d{1,9})([.,]0*)?", text, re.ASCII)
    if match is None:
        raise InputError(f"{column} is {shorten(text)!r}; expected a whole number")
    return int(match[1])


def _matches(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.is_dir()


GRADE_FORMATS = (GradeFormat("VerSe's table", _matches, read_verse_grades),)
