"""The beginning of a consensus: what two readers agree on is marked, what they differ in is left open with a remark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset_conversion.spine.errors import read_all
from dataset_conversion.spine.levels import LEVELS, level_index
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.agreement.compare import check_shared
from evaluation.agreement.pairs import Pair, PairSettings, pair_readings
from vf_nnunet.annotation.mark import Mark
from vf_nnunet.annotation.reading_table import NOT_GRADABLE, Reading, read_reading


@dataclass(frozen=True)
class Consensus:
    """The beginning of a consensus.

    Attributes:
        marks: By case id.
        remarks: By case id and level, what the readers say about a vertebra on which they differ.
    """

    marks: Mapping[str, Sequence[Mark]]
    remarks: Mapping[str, Mapping[str, str]]


def begin_consensus(first: Path, second: Path, settings: PairSettings) -> Consensus:
    """Bring two readings together. Cases of one reader only are left out.

    Args:
        first: Table of the first reader.
        second: Table of the second.
        settings: When marks are of one vertebra, and when they differ.

    Raises:
        InputError: If a table is invalid, or no case is in both; all problems at once.
    """
    paths = (first, second)
    readings = read_all(
        zip(("first reader", "second reader"), paths, strict=True), lambda path: [read_reading(path, None)]
    )
    tables = [reading.vertebrae for reading in readings]
    check_shared(paths, tables)
    names = [reading.reader or path.stem for reading, path in zip(readings, paths, strict=True)]
    marks: dict[str, list[Mark]] = {}
    remarks: dict[str, dict[str, str]] = {}
    for pair in pair_readings(tables[0], tables[1], settings):
        case_id = pair.either.case_id
        said = [_said(mark, reading) for mark, reading in zip((pair.first, pair.second), readings, strict=True)]
        is_open = bool(pair.differences(settings.far)) or said[0] != said[1] or None in said
        taken = {mark.vertebra for mark in marks.get(case_id, [])}
        mark = _mark(pair, is_open, said[0] == NOT_GRADABLE, taken)
        marks.setdefault(case_id, []).append(mark)
        if is_open:
            remarks.setdefault(case_id, {})[mark.vertebra] = _remark(pair, said, names, settings.far)
    return Consensus(marks, remarks)


def _said(mark: Vertebra | None, reading: Reading) -> str | None:
    """A reader's grade, `x`, or None where there is neither."""
    if mark is None:
        return None
    (own,) = (one for one in reading.marks[mark.case_id] if one.vertebra == mark.vertebra)
    return (None if own.grade is None else str(own.grade)) if own.gradable else NOT_GRADABLE


def _mark(pair: Pair, is_open: bool, not_gradable: bool, taken: set[str]) -> Mark:
    either = pair.either
    centroids = [mark.centroid for mark in (pair.first, pair.second) if mark is not None]
    x, y, z = np.mean(centroids[:1] if is_open else centroids, axis=0).tolist()
    vertebra = _free_level(either.vertebra, taken)
    if is_open:
        return Mark(vertebra=vertebra, x=x, y=y, z=z)
    shape = either.shape if either.grade else None
    return Mark(vertebra=vertebra, x=x, y=y, z=z, grade=either.grade, gradable=not not_gradable, shape=shape)


def _free_level(wanted: str, taken: set[str]) -> str:
    """The level itself, or the nearest one that is free."""
    return min((level for level in LEVELS if level not in taken), key=lambda level: _apart(level, wanted))


def _apart(level: str, wanted: str) -> int:
    return abs(level_index(level) - level_index(wanted))


def _remark(pair: Pair, said: Sequence[str | None], names: Sequence[str], far: float) -> str:
    clauses = []
    for mark, grade, name in zip((pair.first, pair.second), said, names, strict=True):
        words = "not marked" if mark is None else f"{mark.vertebra} {grade or 'not graded'} {mark.shape or ''}".strip()
        clauses.append(f"{name}: {words}")
    if pair.distance is not None and pair.distance >= far:
        clauses.append(f"{pair.distance:.0f} mm apart")
    return "; ".join(clauses)
