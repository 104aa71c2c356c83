"""The vertebra table: one row a vertebra, as CSV, in LPS millimetres.

This is the one form in which centroids and grades travel between conversion, phantom and evaluation.
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
        patient_id: Who was scanned; several cases may share a patient.
        vertebra: Level, one of `anatomy.LEVELS`.
        x, y, z: Centre of the vertebral body in LPS mm.
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
    """Whether a Genant grade counts as a fracture, None when the vertebra is not graded.

    Args:
        grade: Genant 0 to 3 or None.
        fracture_grade: Lowest grade that counts.
    """
    return None if grade is None else grade >= fracture_grade


def read_vertebra_table(path: Path) -> list[Vertebra]:
    """Read a vertebra table.

    `patient_id` (default: the case id) and `shape` (default: none) may be left out.

    Raises:
        InputError: every fault of the file at once, each naming the file and the row: a column missing or unknown,
            a bad level, coordinate, grade or shape, a vertebra given twice in a case, a case of two
            patients, no rows.
    """
    header, rows = _read_rows(path)
    problems = _check_columns(path, header)
    if problems:
        raise InputError(problems)
    vertebrae: list[Vertebra] = []
    seen: dict[tuple[str, str], int] = {}
    for number, row in rows:
        faults = _check_row(row)
        key = (row["case_id"], row["vertebra"])
        if key in seen:
            faults.append(f"{key[1]} of case {key[0]!r} again (first in row {seen[key]}); expected each vertebra once")
        seen.setdefault(key, number)
        problems += [f"{path}: row {number}: {fault}" for fault in faults]
        if not faults:
            vertebrae.append(_parse_row(row))
    if not rows:
        problems.append(f"{path}: no rows below the header; expected at least one vertebra")
    problems += [f"{path}: {problem}" for problem in _divided_cases(vertebrae)]
    if problems:
        raise InputError(problems)
    return vertebrae


def write_vertebra_table(path: Path, rows: Iterable[Vertebra]) -> None:
    """Write a vertebra table, atomically."""
    write_csv(path, COLUMNS, ([getattr(row, column) for column in COLUMNS] for row in rows))


def _read_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Header and rows; rows are numbered as a spreadsheet does, the header being row 1, and blank ones are left out."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a CSV table ({error}); expected UTF-8 text") from error
    header = lines[0] if lines else []
    filled = [(number, line) for number, line in enumerate(lines[1:], start=2) if any(line)]
    uneven = [
        f"{path}: row {number}: {len(line)} cells; expected {len(header)}"
        for number, line in filled
        if len(line) != len(header)
    ]
    if uneven:
        raise InputError(uneven)
    return header, [(number, _named(dict(zip(header, line, strict=True)))) for number, line in filled]


def _named(row: dict[str, str]) -> dict[str, str]:
    """The row with its level in the usual spelling, where it is a level at all."""
    name = row.get("vertebra", "")
    return {**row, "vertebra": parse_level(name) or name}


def _check_columns(path: Path, header: list[str]) -> list[str]:
    expected = ",".join(COLUMNS)
    missing = [column for column in COLUMNS if column not in header and column not in OPTIONAL_COLUMNS]
    unknown = sorted(set(header) - set(COLUMNS))
    twice = sorted({column for column in header if header.count(column) > 1})
    faults = [
        *(f"column {column!r} is missing" for column in missing),
        *(f"column {column!r} is unknown" for column in unknown),
        *(f"column {column!r} stands twice" for column in twice),
    ]
    return [f"{path}: {', '.join(faults)}; expected {expected}"] if faults else []


def _check_row(row: Mapping[str, str]) -> list[str]:
    faults = []
    if not row["case_id"]:
        faults.append("case_id is empty; expected the name of an image")
    if row["vertebra"] not in LEVELS:
        faults.append(f"vertebra is {row['vertebra']!r}; expected C1..C7, T1..T13, L1..L6, S1 or S2")
    unusable = [axis for axis in "xyz" if not math.isfinite(_number(row[axis]))]
    if not any(row[axis] for axis in "xyz"):
        faults.append(
            f"{row['vertebra']} with grade {row['grade']!r} has no centroid; expected x, y and z in millimetres"
        )
    elif unusable:
        found = ", ".join(f"{axis} is {row[axis]!r}" for axis in unusable)
        faults.append(f"{found}; expected finite numbers of millimetres")
    if row["grade"] and _number(row["grade"]) not in GRADES:
        faults.append(f"grade is {row['grade']!r}; expected 0, 1, 2, 3 or empty")
    if row.get("shape") and row["shape"] not in SHAPES:
        faults.append(f"shape is {row['shape']!r}; expected {', '.join(SHAPES)} or empty")
    return faults


def _divided_cases(vertebrae: Iterable[Vertebra]) -> list[str]:
    patients: dict[str, set[str]] = {}
    for vertebra in vertebrae:
        patients.setdefault(vertebra.case_id, set()).add(vertebra.patient_id)
    return [
        f"case {case_id!r} belongs to patients {', '.join(sorted(found))}; expected one patient_id a case"
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
