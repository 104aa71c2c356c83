"""VerSe's table of Genant grades, as published with Löffler et al. 2020 (xlsx) and as exported to CSV.

One row per image series: `verse_ID` and `subject_ID`, and for each level T1 to L6 a grade (`T1_fx-g`) and a shape
(`T1_fx-s`).
"""

import re
import warnings
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.readers.interface import GradeFormat, Grading, Gradings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.genant import GRADES

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".xlsx", ".csv")
ID_COLUMNS = ("verse_ID", "subject_ID")
SHAPE_OF_CODE: dict[int, str | None] = {0: None, 1: "wedge", 2: "biconcave", 3: "crush"}
FOREIGN_MATERIAL = "x"
"""Marks a vertebra with cement or metal, which was not graded."""

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
    for number, row in zip(table.index, table.to_dict("records"), strict=True):
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
    if problems:
        raise InputError(problems)


def _read_table(path: Path) -> "pd.DataFrame":
    """All cells as stripped text, without blank rows; the index is the row number in a spreadsheet."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # openpyxl warns of the published file's conditional formats.
            warnings.simplefilter("ignore", UserWarning)
            if path.suffix.lower() == ".xlsx":
                table = pd.read_excel(path, dtype=str, keep_default_na=False)
            else:
                table = pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False)
    except Exception as error:  # errors of zip, XML, text and CSV have no base class in common
        raise InputError(f"{path}: cannot be read ({error}); expected VerSe's grade table, xlsx or CSV") from error
    table = table.fillna("").map(str.strip).rename(columns=lambda column: str(column).strip())
    table.index = pd.RangeIndex(2, len(table) + 2)
    return table[(table != "").any(axis=1)]


def _case_id(row: dict[str, str]) -> str:
    verse, subject = (_whole_number(row[column], column) for column in ID_COLUMNS)
    return f"sub-verse{subject:03d}" if verse == subject else f"sub-verse{subject:03d}_split-verse{verse:03d}"


def _row_gradings(row: dict[str, str], levels: list[str]) -> dict[str, Grading]:
    problems: list[str] = []
    gradings: dict[str, Grading] = {}
    for level in levels:
        text = row[f"{level}_fx-g"]
        if text in {"", FOREIGN_MATERIAL}:
            continue
        try:
            grade = _choice(text, f"{level}_fx-g", GRADES)
            shape = _choice(row.get(f"{level}_fx-s") or "0", f"{level}_fx-s", SHAPE_OF_CODE)
            gradings[level] = Grading(grade, SHAPE_OF_CODE[shape])
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return gradings


def _choice(text: str, column: str, choices: Collection[int]) -> int:
    number = _whole_number(text, column)
    if number not in choices:
        raise InputError(f"{column} is {text!r}; expected one of {', '.join(map(str, choices))}")
    return number


def _whole_number(text: str, column: str) -> int:
    """The number in a cell. Spreadsheets write 2.0 for 2 in a column that has empty cells."""
    if not re.fullmatch(r"\d+(\.0+)?", text):
        raise InputError(f"{column} is {text!r}; expected a whole number")
    return int(float(text))


def _matches(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.is_dir()


GRADE_FORMATS = (GradeFormat("VerSe's table", _matches, read_verse_grades),)
