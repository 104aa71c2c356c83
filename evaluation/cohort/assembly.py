"""Pairing of maps with annotations, with all problems reported before the first map is scored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from dataset_conversion.spine.bone.rival_spaces import count_inside
from dataset_conversion.spine.bone.vertebral_bone import Point
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import WITHOUT_BODY
from dataset_conversion.spine.records.source_counts import SourceCount
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table, with_body
from evaluation.cohort.cases import Case, EvaluationCohort, centroids_outside
from evaluation.cohort.sources import CaseMap
from evaluation.maps.probability_map import open_probability_map, read_probability_map
from evaluation.settings import ScoringSettings


def assemble_cohort(maps: Sequence[CaseMap], annotations: Path, settings: ScoringSettings) -> EvaluationCohort:
    """Pair maps with the vertebra table and check both.

    Voxels are read only if there is a problem already, in order to report the problems of their values as well.

    Args:
        maps: One map per case.
        annotations: The vertebra table.
        settings: `allow_unpaired` is used.

    Raises:
        InputError: If the table is bad, a case has no map or no annotations (unless `allow_unpaired`), a case has two
            maps, a patient is in two folds, a map cannot be read or is not three-dimensional, a centroid lies outside
            its map, or nothing is left to score; all problems at once.
    """
    rows = _read_rows(annotations)
    sources = {source.case_id: source for source in maps}
    paired = sorted(rows.keys() & sources.keys(), key=lambda case_id: (rows[case_id][0].patient_id, case_id))
    candidates = [_case(sources[case_id], rows[case_id]) for case_id in paired]
    unpaired = _unpaired(annotations, rows, sources)
    problems = [] if settings.allow_unpaired else list(unpaired)
    problems += [*_duplicates(maps), *_patients_in_two_folds(candidates)]
    cases = tuple(case for case in candidates if case.vertebrae)
    problems += _map_problems(cases)
    if not problems and not cases:
        problems = [f"{annotations}: no graded vertebra in a case that has a map; expected at least one"]
    if problems:
        raise InputError(list(dict.fromkeys([*problems, *_value_problems(maps)])))
    counts = {
        "rows": SourceCount(sum(map(len, rows.values())), sum(len(case.vertebrae) for case in cases)),
        "maps": SourceCount(len(maps), len(cases)),
    }
    return EvaluationCohort(cases, (*unpaired, *_without_body(rows, paired), *_ungraded(candidates)), counts)


def _read_rows(annotations: Path) -> dict[str, list[Vertebra]]:
    rows = defaultdict(list)
    for vertebra in read_vertebra_table(annotations):
        rows[vertebra.case_id].append(vertebra)
    return dict(rows)


def _case(source: CaseMap, rows: Sequence[Vertebra]) -> Case:
    bodies = with_body(rows)
    graded = tuple(vertebra for vertebra in bodies if vertebra.grade is not None)
    ungraded = tuple(vertebra for vertebra in bodies if vertebra.grade is None)
    return Case(source, rows[0].patient_id, graded, ungraded)


def _unpaired(annotations: Path, rows: dict[str, list[Vertebra]], sources: dict[str, CaseMap]) -> list[str]:
    without_map, without_rows = sorted(rows.keys() - sources), sorted(sources.keys() - rows)
    return [
        *(f"{annotations}: case {case_id} has no map; expected one" for case_id in without_map),
        *(
            f"{sources[case_id].path}: case {case_id} has no row in {annotations}; expected its vertebrae"
            for case_id in without_rows
        ),
    ]


def _duplicates(maps: Sequence[CaseMap]) -> list[str]:
    counts = Counter(source.case_id for source in maps)
    return [
        f"{source.path}: one of {counts[source.case_id]} maps of case {source.case_id}; expected one map per case"
        for source in maps
        if counts[source.case_id] > 1
    ]


def _patients_in_two_folds(cases: Sequence[Case]) -> list[str]:
    folds = defaultdict(set)
    for case in cases:
        folds[case.patient_id].add(case.source.fold)
    return [
        f"patient {patient_id} has cases in folds {sorted(found, key=str)}; expected all of them in one fold"
        for patient_id, found in folds.items()
        if len(found) > 1
    ]


def _map_problems(cases: Sequence[Case]) -> list[str]:
    problems: list[str] = []
    grids: list[tuple[list[Point], FloatArray, tuple[int, ...]]] = []
    for case in cases:
        try:
            opened = open_probability_map(case.source.path, case.source.labels)
        except InputError as error:
            problems.extend(error.problems)
            continue
        problems.extend(centroids_outside(opened, case.vertebrae))
        grids.append(([vertebra.centroid for vertebra in case.vertebrae], opened.affine, opened.shape))
    clause = count_inside(grids)
    return [*problems, *([f"{clause}; expected LPS mm"] if clause else [])]


def _value_problems(maps: Sequence[CaseMap]) -> list[str]:
    problems: list[str] = []
    for source in tqdm(maps, desc="checking", unit="map", disable=None):
        try:
            read_probability_map(source.path, source.labels)
        except InputError as error:
            problems.extend(error.problems)
    return problems


def _without_body(rows: Mapping[str, Sequence[Vertebra]], paired: Sequence[str]) -> list[str]:
    """A sentence if there are vertebrae that have no body, as the maps do not mark them."""
    found = [case_id for case_id in paired for row in rows[case_id] if row.vertebra in WITHOUT_BODY]
    return [f"{', '.join(sorted(WITHOUT_BODY))} of {shortened_list(found)}, which has no body"] if found else []


def _ungraded(cases: Sequence[Case]) -> list[str]:
    sentences = [f"case {case.source.case_id} has no graded vertebra" for case in cases if not case.vertebrae]
    ungraded = [(case.source.case_id, [row.vertebra for row in case.ungraded]) for case in cases if case.ungraded]
    if ungraded:
        which = "; ".join(f"{case_id} {', '.join(levels)}" for case_id, levels in ungraded)
        sentences.append(f"{sum(len(levels) for _, levels in ungraded)} vertebrae without a grade: {which}")
    return sentences
