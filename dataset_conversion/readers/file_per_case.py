"""Annotations that come as one file per case."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from dataset_conversion.readers.interface import AnnotationFormat, Annotations, Point
from dataset_conversion.readers.remarks import Remark
from dataset_conversion.spine.case_names import annotation_case_id, patient_of
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.records.delimited_text import parse_number
from dataset_conversion.spine.records.folder_walk import walk_folder
from dataset_conversion.spine.vertebra_table import Vertebra

Result = TypeVar("Result")


@dataclass(frozen=True)
class Marker:
    """One point in a file.

    Attributes:
        point: (x, y, z) in LPS mm.
        level: One of `levels.LEVELS`, None where the file gives no name.
        grade: Genant 0 to 3, or None.
        shape: wedge, biconcave, crush, or None.
    """

    point: Point
    level: str | None
    grade: int | None = None
    shape: str | None = None

    @classmethod
    def of(cls, point: Point, remark: Remark) -> "Marker":
        """The marker at a point with this remark beside it."""
        return cls(point, remark.level, remark.grade, remark.shape)


@dataclass(frozen=True)
class LeftOut:
    """A point that its author left out on purpose, such as one that was not placed.

    Attributes:
        name: What the file calls it, such as its level.
        reason: Why it is not used, as the end of a sentence.
    """

    name: str
    reason: str


ReadCase = Callable[[Path, ImageHeader], Sequence[Marker | LeftOut]]
"""Reads the points of a file, given the header of its image; raises `InputError`."""


def case_file_format(
    name: str, endings: tuple[str, ...], read_case: ReadCase, on_voxels: bool = False
) -> AnnotationFormat:
    """A format that is recognised by the endings of its files.

    Args:
        name: Its name for `--format`.
        endings: Lower-case endings of the files' names.
        read_case: Reads one file.
        on_voxels: As in `AnnotationFormat`.
    """

    def matches(path: Path) -> bool:
        return bool(case_files(path, endings))

    return AnnotationFormat(name, matches, partial(read_case_files, endings, read_case), on_voxels=on_voxels)


def case_files(path: Path, endings: tuple[str, ...]) -> list[Path]:
    """The file itself, or all files below a folder and its links, that have one of the endings; not hidden ones."""
    files = [path] if path.is_file() else walk_folder(path).files
    return [file for file in files if _is_case_file(file, endings)]


def read_case_files(
    endings: tuple[str, ...], read_case: ReadCase, path: Path, images: Mapping[str, ImageHeader]
) -> Annotations:
    """Read one file, or all files below a folder.

    Args:
        endings: Lower-case endings of the files' names.
        read_case: Reads one file.
        path: File or folder.
        images: Header of each image by case id.

    Raises:
        InputError: If there is no such file, a file cannot be used, or a case has more than one file.
    """
    files = case_files(path, endings)
    if not files:
        raise InputError(f"{path}: no annotation; expected files ending in {' or '.join(endings)}")

    left_out: dict[str, tuple[str, ...]] = {}

    def read(case_id: str, file: Path) -> Sequence[Marker]:
        if case_id not in images:
            return ()
        points = read_case(file, images[case_id])
        sentences = (f"{file}: {point.name} {point.reason}" for point in points if isinstance(point, LeftOut))
        left_out[case_id] = tuple(sentences)
        return _checked(file, [point for point in points if isinstance(point, Marker)])

    cases = read_by_case(files, read, "annotation")
    vertebrae = chain.from_iterable(_vertebrae(case_id, markers) for case_id, markers in cases.items())
    return Annotations(
        cases=frozenset(cases),
        vertebrae=tuple(vertebrae),
        unnamed=_unnamed(cases),
        left_out_by_case=left_out,
        points=sum(map(len, (*cases.values(), *left_out.values()))),
    )


def read_by_case(files: Iterable[Path], read: Callable[[str, Path], Result], noun: str) -> dict[str, Result]:
    """Read one file per case.

    Args:
        files: Files that are named after their cases.
        read: Reads a file, given its case id; raises `InputError`.
        noun: What a file holds, for the message about a second file of a case.

    Raises:
        InputError: If a case has more than one file or a file cannot be used; the problems of all files at once.
    """
    problems: list[str] = []
    sources: dict[str, Path] = {}
    results: dict[str, Result] = {}
    for file in files:
        case_id = annotation_case_id(file)
        if case_id in sources:
            problems.append(f"{file}: second {noun} of case {case_id} after {sources[case_id]}; expected one")
            continue
        sources[case_id] = file
        try:
            results[case_id] = read(case_id, file)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return results


def read_rows(file: Path, expected: str) -> list[tuple[str, str]]:
    """The lines of a text file, each with a name for messages: the file and the row.

    Args:
        file: UTF-8, with or without a byte order mark.
        expected: What the file should be, for the message.

    Raises:
        InputError: If the file cannot be read as text.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({error}); expected {expected}") from error
    damaged = next((number for number, line in enumerate(lines, start=1) if "\0" in line), None)
    if damaged is not None:
        raise InputError(f"{file}: row {damaged}: null characters; expected {expected} that is complete")
    return [(f"{file}: row {number}", line) for number, line in enumerate(lines, start=1)]


def parse_coordinate(value: Any) -> float:
    """The number in a file, written as people write numbers: `true`, `1_0` and `0x10` are none, NaN is one.

    Raises:
        ValueError: If it is anything else.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = value.strip() if isinstance(value, str) else ""
    number = math.nan if text.lower() == "nan" else parse_number(text)
    if number is None:
        raise ValueError(f"{value!r} is no number")
    return number


def load_json(file: Path) -> Any:
    """The content of a JSON file in UTF-8, with or without a byte order mark.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is not JSON, or an object has a key twice.
        RecursionError: If it is nested too deeply.
    """
    return json.loads(file.read_bytes(), object_pairs_hook=_without_repetition)


def repeated(file: Path, levels: Sequence[str]) -> list[str]:
    """A problem for each level that a file names more than once."""
    twice = sorted({level for level in levels if levels.count(level) > 1})
    return [f"{file}: {level} occurs twice; expected each vertebra once" for level in twice]


def _without_repetition(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a JSON file, of whose repeated keys Python would take the last without a word."""
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"{', '.join(map(repr, twice))} given twice in one object")
    return dict(pairs)


def _is_case_file(file: Path, endings: tuple[str, ...]) -> bool:
    return file.name.lower().endswith(endings) and not file.name.startswith(".") and file.is_file()


def _checked(file: Path, markers: Sequence[Marker]) -> Sequence[Marker]:
    levels = [marker.level for marker in markers if marker.level]
    problems = [
        f"{file}: {marker.level or 'marker'} at {marker.point}; expected finite coordinates"
        for marker in markers
        if not all(map(math.isfinite, marker.point))
    ]
    problems += repeated(file, levels)
    if 0 < len(levels) < len(markers):
        problems.append(f"{file}: {len(levels)} of {len(markers)} markers have a name; expected all or none")
    if problems:
        raise InputError(problems)
    return markers


def _vertebrae(case_id: str, markers: Iterable[Marker]) -> list[Vertebra]:
    patient_id = patient_of(case_id)
    return [
        Vertebra(case_id, patient_id, marker.level, *marker.point, marker.grade, marker.shape)
        for marker in markers
        if marker.level
    ]


def _unnamed(cases: Mapping[str, Sequence[Marker]]) -> dict[str, tuple[Point, ...]]:
    points = {
        case_id: tuple(marker.point for marker in markers if marker.level is None) for case_id, markers in cases.items()
    }
    return {case_id: found for case_id, found in points.items() if found}
