"""The located vertebrae as a CSV table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dataset_conversion.spine.files import write_csv
from evaluation.analysis.own_centres import OwnCentres
from evaluation.cohort.cases import Case
from evaluation.localisation.matching import UNMATCHED
from evaluation.naming.name_levels import LevelName

LOCATED_FILE = "located_vertebrae.csv"
"""Name of the table in the folder of the results."""

COLUMNS = (
    "case_id", "patient_id", "number", "x", "y", "z", "probability", "inserted", "level", "level_probability",
    "most_probable_level", "score", "outcome", "vertebra", "grade", "distance_mm", "identified",
)  # fmt: skip


def write_located_vertebrae(path: Path, own: OwnCentres | None, cases: Sequence[Case]) -> None:
    """Write a row for each located vertebra, and for each annotated one without one.

    Without results at located centres, the table of an earlier evaluation is removed.
    """
    if own is None:
        path.unlink(missing_ok=True)
        return
    write_csv(path, COLUMNS, [row for number, case in enumerate(cases) for row in _rows(own, number, case)])


def _rows(own: OwnCentres, number: int, case: Case) -> list[list[object]]:
    """The rows of a case: the located vertebrae from the top down, then those without one.

    `level` is the name of a located vertebra and `vertebra` the annotated level. `identified` says whether the
    annotated vertebra is identified. `outcome` is `found`, `inserted`, `false` (matches none in the annotated span),
    `beyond` (matches none beyond it) or `missed`.
    """
    located, match, scores = own.located[number], own.matches[number], own.located_scores[number]
    annotated, identified = case.annotated, own.names.found[number].identified
    of_case = [case.source.case_id, case.patient_id]
    names = own.names.cases[number].names
    rows: list[list[object]] = []
    for place, (vertebra, owner) in enumerate(zip(located.vertebrae, match.owner.tolist(), strict=True)):
        truth: list[object] = [None] * 4
        if owner != UNMATCHED:
            row = annotated[owner]
            truth = [row.vertebra, row.grade, float(match.distance[owner]), int(identified[owner])]
        outcome = _outcome(vertebra.inserted, owner != UNMATCHED, bool(match.in_span[place]))
        found = [vertebra.probability, int(vertebra.inserted), *_name(names[place]), float(scores[place]), outcome]
        rows.append([*of_case, place + 1, *vertebra.centre, *found, *truth])
    missed = (row for row, place in zip(annotated, match.match.tolist(), strict=True) if place == UNMATCHED)
    rows += [[*of_case, *[None] * 10, "missed", row.vertebra, row.grade, None, 0] for row in missed]
    return rows


def _name(name: LevelName | None) -> list[object]:
    return [None] * 3 if name is None else [name.level, name.probability, name.most_probable]


def _outcome(inserted: bool, matched: bool, in_span: bool) -> str:
    if matched:
        return "inserted" if inserted else "found"
    return "false" if in_span else "beyond"
