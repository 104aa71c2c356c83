"""The vertebra table: a CSV file with one row per vertebra, in LPS millimetres.

Centroids and grades pass between conversion, phantom and evaluation in this format only.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from dataset_conversion.spine.errors import InputError, problems_of, shorten
from dataset_conversion.spine.files import write_csv
from dataset_conversion.spine.genant import parse_grade, parse_shape
from dataset_conversion.spine.levels import LEVELS, WITHOUT_BODY, level_index, parse_level
from dataset_conversion.spine.records.delimited_text import TextTable, parse_number, read_text_table

TABLE_FILE = "vertebrae.csv"
"""Name of the table in a converted dataset and in a cohort of phantoms."""
COLUMNS = ("case_id", "patient_id", "vertebra", "x", "y", "z", "grade", "shape")
READING_COLUMNS = ("reader", "seconds")
"""Who read the vertebra and how long it took, as `vf_nnunet annotate` writes them; not read here."""
SHOWN = 8
"""Number of unknown columns that a message names."""
OPTIONAL_COLUMNS = frozenset({"patient_id", "shape"})


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


def with_body(vertebrae: Iterable[Vertebra]) -> list[Vertebra]:
    """The vertebrae that are labelled and scored: all but those of `WITHOUT_BODY`, whose rows stay in the tables."""
    return [vertebra for vertebra in vertebrae if vertebra.vertebra not in WITHOUT_BODY]


def is_fracture(grade: int | None, fracture_grade: int = 1) -> bool | None:
    """Whether a Genant grade counts as a fracture; None when the vertebra is not graded.

    Args:
        grade: Genant 0 to 3 or None.
        fracture_grade: Lowest grade that counts as a fracture.
    """
    return None if grade is None else grade >= fracture_grade


def read_vertebra_table(path: Path) -> list[Vertebra]:
    """Read a vertebra table.

    The columns `patient_id` (default: the case id) and `shape` (default: none) may be left out. Semicolons, tabs and
    decimal commas are read as well; see `delimited_text`. For the words see `genant`. `READING_COLUMNS` may be there.

    Raises:
        InputError: If the file is invalid: a row has more or fewer cells than the header, a column is missing or
            unknown, a level, coordinate, grade or shape is invalid, a vertebra occurs twice in a case, a case has two
            patients, or there are no rows. All problems at once, each with the file and the row.
    """
    return parse_vertebra_table(path, read_text_table(path))


def parse_vertebra_table(path: Path, table: TextTable) -> list[Vertebra]:
    """The vertebrae in a table that was read.

    Args:
        path: The file, for messages.
        table: Its content.

    Raises:
        InputError: As for `read_vertebra_table`.
    """
    problems = [*_check_columns(path, table), *_check_decimal_signs(path, table)]
    if problems:
        raise InputError(problems)
    rows = [(line.number, _with_level(dict(zip(table.header, line.cells, strict=True)))) for line in table.lines]
    vertebrae: list[Vertebra] = []
    first_rows: dict[tuple[str, str], int] = {}
    for number, row in rows:
        of_row = [*_check_row(row, table.delimiter), *_check_repetition(row, number, first_rows)]
        problems += [f"{path}: row {number}: {problem}" for problem in of_row]
        if not of_row:
            vertebrae.append(_parse_row(row, table.delimiter))
    if not rows:
        problems.append(f"{path}: no rows below the header; expected at least one vertebra")
    problems += [f"{path}: {problem}" for problem in _check_patients(vertebrae)]
    if problems:
        raise InputError(problems)
    return vertebrae


def write_vertebra_table(path: Path, rows: Iterable[Vertebra]) -> None:
    """Write a vertebra table, atomically."""
    write_csv(path, COLUMNS, ([getattr(row, column) for column in COLUMNS] for row in rows))


def _with_level(row: dict[str, str]) -> dict[str, str]:
    """The row with its level in the usual spelling, if it is a level at all."""
    name = row.get("vertebra", "")
    return {**row, "vertebra": parse_level(name) or name}


def _check_columns(path: Path, table: TextTable) -> list[str]:
    header = table.header
    missing = [column for column in COLUMNS if column not in header and column not in OPTIONAL_COLUMNS]
    unknown = sorted(set(header) - set(COLUMNS) - set(READING_COLUMNS))
    twice = sorted({column for column in header if header.count(column) > 1})
    problems = [*_name_columns(missing, "missing"), *_name_columns(unknown, "unknown")]
    problems += [f"column {shorten(column)!r} occurs twice" for column in twice[:SHOWN]]
    if not problems:
        return []
    return [f"{path}: {', '.join(problems)}; expected {','.join(COLUMNS)}, separated by commas, semicolons or tabs"]


def _name_columns(columns: Sequence[str], fault: str) -> list[str]:
    """A clause for each of the first columns, and the number of the others."""
    named = [f"column {shorten(column)!r} is {fault}" for column in columns[:SHOWN]]
    return [*named, f"{len(columns) - SHOWN} more are {fault}"] if len(columns) > SHOWN else named


def _check_decimal_signs(path: Path, table: TextTable) -> list[str]:
    """A problem if a table has decimal commas and decimal points: then one of them separates thousands."""
    places = [number for number, name in enumerate(table.header) if name in ("x", "y", "z")]
    cells = [(line.number, line.cells[place]) for line in table.lines for place in places]
    comma, point = (_first_with(sign, cells) for sign in ",.")
    if table.delimiter == "," or comma is None or point is None:
        return []
    return [f"{path}: {comma} and {point}; expected one decimal sign in the whole table, and none between thousands"]


def _first_with(sign: str, cells: Sequence[tuple[int, str]]) -> str | None:
    """The first cell with a decimal sign and its row, as a clause."""
    return next((f"{shorten(cell)!r} in row {row}" for row, cell in cells if sign in cell), None)


def _check_row(row: Mapping[str, str], delimiter: str) -> list[str]:
    problems = []
    if not row["case_id"]:
        problems.append("case_id is empty; expected the name of an image")
    if row["vertebra"] not in LEVELS:
        problems.append(f"vertebra is {shorten(row['vertebra'])!r}; expected C1..C7, T1..T13, L1..L6, S1 or S2")
    return [*problems, *_check_centroid(row, delimiter), *_check_grade(row)]


def _check_centroid(row: Mapping[str, str], delimiter: str) -> list[str]:
    if not any(row[axis] for axis in "xyz"):
        found = f"{shorten(row['vertebra'])} with grade {shorten(row['grade'])!r} has no centroid"
        return [f"{found}; expected x, y and z in millimetres"]
    unusable = [f"{axis} is {shorten(row[axis])!r}" for axis in "xyz" if _millimetres(row[axis], delimiter) is None]
    return [f"{', '.join(unusable)}; expected finite numbers of millimetres"] if unusable else []


def _check_grade(row: Mapping[str, str]) -> list[str]:
    return [*problems_of(parse_grade, row["grade"]), *problems_of(parse_shape, row.get("shape", ""))]


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


def _millimetres(text: str, delimiter: str) -> float | None:
    """The number of millimetres in a cell, None if it is not a finite number."""
    value = parse_number(text, delimiter)
    return value if value is not None and math.isfinite(value) else None


def _parse_row(row: Mapping[str, str], delimiter: str) -> Vertebra:
    x, y, z = (_millimetres(row[axis], delimiter) or 0.0 for axis in "xyz")
    return Vertebra(
        case_id=row["case_id"],
        patient_id=row.get("patient_id") or row["case_id"],
        vertebra=row["vertebra"],
        x=x,
        y=y,
        z=z,
        grade=parse_grade(row["grade"]),
        shape=parse_shape(row.get("shape", "")),
    )
