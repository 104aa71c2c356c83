"""The vertebra table: a CSV file with one row per vertebra, in LPS millimetres.

Centroids and grades pass between conversion, phantom and evaluation in this format only.
"""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_csv
from dataset_conversion.spine.levels import LEVELS, level_index, parse_level

TABLE_FILE = "vertebrae.csv"
"""Name of the table in a converted dataset and in a cohort of phantoms."""
COLUMNS = ("case_id", "patient_id", "vertebra", "x", "y", "z", "grade", "shape")
OPTIONAL_COLUMNS = frozenset({"patient_id", "shape"})

GRADES = (0, 1, 2, 3)
"""Genant et al. 1993: normal, mild, moderate, severe."""

FRACTURE_GRADES = GRADES[1:]
SHAPES = ("wedge", "biconcave", "crush")


@dataclass(frozen=True)
class Vertebra:
    """One annotated vertebra.

    Attributes:
        case_id: Name of the CT volume.
        patient_id: Name of the patient; several cases may share a patient.
        vertebra: Level, one of `levels.LEVELS`.
        x: Left coordinate of the centre of the vertebral body, in LPS mm.
        y: Posterior coordinate of the centre, in LPS mm.
        z: Superior coordinate of the centre, in LPS mm.
        grade: Genant 0 to 3, or None when not graded.
        shape: Wedge, biconcave, crush, or None.
    """

    case_id: str
    patient_id: str
    vertebra: str
    x: float
    y: float
    z: float
    grade: int | None = None
    shape: str | None = None

    @property
    def centroid(self) -> tuple[float, float, float]:
        """Centre of the vertebral body (x, y, z) in LPS mm."""
        return self.x, self.y, self.z


def by_case(vertebrae: Iterable[Vertebra]) -> dict[str, list[Vertebra]]:
    """The vertebrae of each case in order down the spine; cases in alphabetical order."""
    ordered = sorted(vertebrae, key=lambda vertebra: (vertebra.case_id, level_index(vertebra.vertebra)))
    return {case_id: list(case) for case_id, case in groupby(ordered, key=lambda vertebra: vertebra.case_id)}


def is_fracture(grade: int | None, fracture_grade: int = 1) -> bool | None:
    """Whether a Genant grade counts as a fracture; None when the vertebra is not graded.

    Args:
        grade: Genant 0 to 3 or None.
        fracture_grade: Lowest grade that counts as a fracture.
    """
    return None if grade is None else grade >= fracture_grade


def read_vertebra_table(path: Path) -> list[Vertebra]:
    """Read a vertebra table.

    The columns `patient_id` (default: the case id) and `shape` (default: none) may be left out.

    Raises:
        InputError: If the file is invalid: a column is missing or unknown, a level, coordinate, grade or shape is
            invalid, a vertebra occurs twice in a case, a case has two patients, or there are no rows. All problems at
            once, each with the file and the row.
    """
    header, rows = _read_rows(path)
    problems = _check_columns(path, header)
    if problems:
        raise InputError(problems)
    vertebrae: list[Vertebra] = []
    first_rows: dict[tuple[str, str], int] = {}
    for number, row in rows:
        of_row = [*_check_row(row), *_check_repetition(row, number, first_rows)]
        problems += [f"{path}: row {number}: {problem}" for problem in of_row]
        if not of_row:
            vertebrae.append(_parse_row(row))
    if not rows:
        problems.append(f"{path}: no rows below the header; expected at least one vertebra")
    problems += [f"{path}: {problem}" for problem in _check_patients(vertebrae)]
    if problems:
        raise InputError(problems)
    return vertebrae


def write_vertebra_table(path: Path, rows: Iterable[Vertebra]) -> None:
    """Write a vertebra table, atomically."""
    write_csv(path, COLUMNS, ([getattr(row, column) for column in COLUMNS] for row in rows))


def _read_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Header and numbered rows, without blank rows. Numbers are a spreadsheet's: the header is row 1."""
    header, *lines = _read_lines(path) or [[]]
    filled = [(number, line) for number, line in enumerate(lines, start=2) if any(line)]
    problems = [
        f"{path}: row {number}: {len(line)} cells; expected {len(header)}"
        for number, line in filled
        if len(line) != len(header)
    ]
    if problems:
        raise InputError(problems)
    return header, [(number, _with_level(dict(zip(header, line, strict=True)))) for number, line in filled]


def _read_lines(path: Path) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [[cell.strip() for cell in line] for line in csv.reader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a CSV table ({error}); expected UTF-8 text") from error


def _with_level(row: dict[str, str]) -> dict[str, str]:
    """The row with its level in the usual spelling, if it is a level at all."""
    name = row.get("vertebra", "")
    return {**row, "vertebra": parse_level(name) or name}


def _check_columns(path: Path, header: list[str]) -> list[str]:
    missing = [column for column in COLUMNS if column not in header and column not in OPTIONAL_COLUMNS]
    unknown = sorted(set(header) - set(COLUMNS))
    twice = sorted({column for column in header if header.count(column) > 1})
    problems = [
        *(f"column {column!r} is missing" for column in missing),
        *(f"column {column!r} is unknown" for column in unknown),
        *(f"column {column!r} occurs twice" for column in twice),
    ]
    return [f"{path}: {', '.join(problems)}; expected {','.join(COLUMNS)}"] if problems else []


def _check_row(row: Mapping[str, str]) -> list[str]:
    problems = []
    if not row["case_id"]:
        problems.append("case_id is empty; expected the name of an image")
    if row["vertebra"] not in LEVELS:
        problems.append(f"vertebra is {row['vertebra']!r}; expected C1..C7, T1..T13, L1..L6, S1 or S2")
    return [*problems, *_check_centroid(row), *_check_grade(row)]


def _check_centroid(row: Mapping[str, str]) -> list[str]:
    if not any(row[axis] for axis in "xyz"):
        found = f"{row['vertebra']} with grade {row['grade']!r} has no centroid"
        return [f"{found}; expected x, y and z in millimetres"]
    unusable = [f"{axis} is {row[axis]!r}" for axis in "xyz" if not math.isfinite(_number(row[axis]))]
    return [f"{', '.join(unusable)}; expected finite numbers of millimetres"] if unusable else []


def _check_grade(row: Mapping[str, str]) -> list[str]:
    problems = []
    if row["grade"] and _number(row["grade"]) not in GRADES:
        problems.append(f"grade is {row['grade']!r}; expected 0, 1, 2, 3 or empty")
    if row.get("shape") and row["shape"] not in SHAPES:
        problems.append(f"shape is {row['shape']!r}; expected {', '.join(SHAPES)} or empty")
    return problems


def _check_repetition(row: Mapping[str, str], number: int, first_rows: dict[tuple[str, str], int]) -> list[str]:
    """A problem if a row above has the same vertebra; `first_rows` is updated."""
    key = (row["case_id"], row["vertebra"])
    first = first_rows.setdefault(key, number)
    if first == number:
        return []
    return [f"{key[1]} of case {key[0]!r} again (first in row {first}); expected each vertebra once"]


def _check_patients(vertebrae: Iterable[Vertebra]) -> list[str]:
    patients: dict[str, set[str]] = {}
    for vertebra in vertebrae:
        patients.setdefault(vertebra.case_id, set()).add(vertebra.patient_id)
    return [
        f"case {case_id!r} belongs to patients {', '.join(sorted(found))}; expected one patient_id per case"
        for case_id, found in patients.items()
        if len(found) > 1
    ]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _parse_row(row: Mapping[str, str]) -> Vertebra:
    return Vertebra(
        case_id=row["case_id"],
        patient_id=row.get("patient_id") or row["case_id"],
        vertebra=row["vertebra"],
        x=float(row["x"]),
        y=float(row["y"]),
        z=float(row["z"]),
        # A spreadsheet writes 2.0 where a column also has empty cells.
        grade=int(float(row["grade"])) if row["grade"] else None,
        shape=row.get("shape") or None,
    )
