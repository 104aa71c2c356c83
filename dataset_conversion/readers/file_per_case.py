"""Annotations that come as one file a case."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from dataset_conversion.readers.interface import Annotations, Point
from dataset_conversion.spine.case_names import annotation_case_id, patient_of
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra


@dataclass(frozen=True)
class Marker:
    """One point in a file.

    Attributes:
        point: (x, y, z) in LPS mm.
        level: One of `anatomy.LEVELS`, None where the file gives no name.
        grade: Genant 0 to 3, or None.
        shape: Wedge, biconcave, crush, or None.
    """

    point: Point
    level: str | None
    grade: int | None = None
    shape: str | None = None


def case_files(path: Path, endings: tuple[str, ...]) -> list[Path]:
    """The file itself, or all files with one of the endings below a folder; hidden ones are passed over."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return [file for file in files if _is_one(file, endings)]


def _is_one(file: Path, endings: tuple[str, ...]) -> bool:
    return file.name.lower().endswith(endings) and not file.name.startswith(".") and file.is_file()


def read_rows(file: Path, expected: str) -> list[tuple[str, str]]:
    """The lines of a text file, each with its name for messages: the file and the row.

    Args:
        file: UTF-8, with or without a byte order mark.
        expected: What the file should be, for the message.

    Raises:
        InputError: unreadable or not a text.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({error}); expected {expected}") from error
    return [(f"{file}: row {number}", line) for number, line in enumerate(lines, start=1)]


def read_case_files(
    path: Path,
    endings: tuple[str, ...],
    read_case: Callable[[Path, ImageHeader], Sequence[Marker]],
    images: Mapping[str, ImageHeader],
) -> Annotations:
    """Read one file or every one below a folder.

    Args:
        path: File or folder.
        endings: Of the files' names, in small letters.
        read_case: The markers of a file, given the header of its image; raises InputError.
        images: Header of each image by case id.

    Raises:
        InputError: no such file, the problems of all files, and cases with more than one file.
    """
    files = case_files(path, endings)
    if not files:
        raise InputError(f"{path}: no annotation; expected files ending in {' or '.join(endings)}")
    problems: list[str] = []
    sources: dict[str, Path] = {}
    cases: dict[str, Sequence[Marker]] = {}
    for file in files:
        case_id = annotation_case_id(file)
        if case_id in sources:
            problems.append(f"{file}: second annotation of case {case_id} after {sources[case_id]}; expected one")
        elif case_id in images:
            try:
                cases[case_id] = _checked(file, read_case(file, images[case_id]))
            except InputError as error:
                problems += error.problems
        sources.setdefault(case_id, file)
    if problems:
        raise InputError(problems)
    vertebrae = chain.from_iterable(_vertebrae(case_id, markers) for case_id, markers in cases.items())
    return Annotations(frozenset(sources), tuple(vertebrae), _unnamed(cases))


def repeated(file: Path, levels: Sequence[str]) -> list[str]:
    """A problem for each level that stands in a file more than once."""
    twice = sorted({level for level in levels if levels.count(level) > 1})
    return [f"{file}: {level} stands twice; expected each vertebra once" for level in twice]


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
