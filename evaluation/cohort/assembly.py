"""Maps and annotations brought together, with every finding before the first map is scored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import is_inside, world_to_index
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table
from evaluation.cohort.sources import CaseMap
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.nnunet_probabilities import NnunetProbabilities
from evaluation.maps.probability_map import open_probability_map, read_probability_map
from evaluation.settings import ScoringSettings


@dataclass(frozen=True)
class Case:
    """A map and the graded vertebrae it is scored against.

    Attributes:
        source: The map.
        patient_id: The patient; a patient may have several cases.
        vertebrae: The graded vertebrae, at least one.
        ungraded: The others, about which a finding says nothing.
    """

    source: CaseMap
    patient_id: str
    vertebrae: tuple[Vertebra, ...]
    ungraded: tuple[Vertebra, ...] = ()


@dataclass(frozen=True)
class Cohort:
    """What is scored, and what is not.

    Attributes:
        cases: Sorted by patient and case.
        left_out: A sentence for each group of cases or vertebrae that is not scored.
    """

    cases: tuple[Case, ...]
    left_out: tuple[str, ...]


def assemble_cohort(maps: Sequence[CaseMap], annotations: Path, settings: ScoringSettings) -> Cohort:
    """Pair maps with the vertebra table and check both; voxels are read only where something is wrong.

    Raises:
        InputError: All findings at once: a bad table, a case without map or without annotations (unless
            `settings.allow_unpaired`), a case with two maps, a patient in two folds, a map that cannot be read or is
            not three-dimensional, a centroid outside its map, nothing left to score; and then also what is wrong with
            the values of any map, which is otherwise found when they are scored.
    """
    rows = _read_rows(annotations)
    sources = {source.case_id: source for source in maps}
    paired = sorted(rows.keys() & sources.keys(), key=lambda case_id: (rows[case_id][0].patient_id, case_id))
    unpaired = _unpaired(annotations, rows, sources)
    candidates = [
        Case(
            sources[case_id],
            rows[case_id][0].patient_id,
            tuple(v for v in rows[case_id] if v.grade is not None),
            tuple(v for v in rows[case_id] if v.grade is None),
        )
        for case_id in paired
    ]
    cases = tuple(case for case in candidates if case.vertebrae)
    findings = [] if settings.allow_unpaired else unpaired
    findings = [*findings, *_duplicates(maps), *_patients_in_two_folds(candidates), *_map_findings(cases)]
    if not findings and not cases:
        findings = [f"{annotations}: no graded vertebra in a case that has a map; wanted at least one"]
    if findings:
        raise InputError(list(dict.fromkeys([*findings, *_value_findings(maps)])))
    return Cohort(cases, (*unpaired, *_ungraded(candidates, rows)))


def centroids_outside(opened: NiftiFile | NnunetProbabilities, vertebrae: Sequence[Vertebra]) -> list[str]:
    """A finding for each centroid that lies outside an image, which then shows another place than the table names."""
    index = world_to_index(opened.affine, [vertebra.centroid for vertebra in vertebrae])
    return [
        f"{opened.path}: centroid of {vertebra.vertebra} at {vertebra.centroid} LPS mm lies outside the image; "
        f"wanted it inside (voxel index {[round(float(i), 1) for i in place]}, shape {opened.shape})"
        for vertebra, place, inside in zip(vertebrae, index, is_inside(opened.shape, index), strict=True)
        if not inside
    ]


def _read_rows(annotations: Path) -> dict[str, list[Vertebra]]:
    table = read_vertebra_table(annotations)
    rows = defaultdict(list)
    for vertebra in table:
        rows[vertebra.case_id].append(vertebra)
    return dict(rows)


def _unpaired(annotations: Path, rows: dict[str, list[Vertebra]], sources: dict[str, CaseMap]) -> list[str]:
    without_map = [f"{annotations}: case {case_id} has no map; wanted one" for case_id in sorted(rows.keys() - sources)]
    without_rows = [
        f"{sources[case_id].path}: case {case_id} has no row in {annotations}; wanted its vertebrae"
        for case_id in sorted(sources.keys() - rows)
    ]
    return without_map + without_rows


def _duplicates(maps: Sequence[CaseMap]) -> list[str]:
    counts = Counter(source.case_id for source in maps)
    return [
        f"{source.path}: one of {counts[source.case_id]} maps of case {source.case_id}; wanted one map per case"
        for source in maps
        if counts[source.case_id] > 1
    ]


def _patients_in_two_folds(cases: Sequence[Case]) -> list[str]:
    folds = defaultdict(set)
    for case in cases:
        folds[case.patient_id].add(case.source.fold)
    return [
        f"patient {patient_id} has cases in folds {sorted(found, key=str)}; wanted all of them in one fold"
        for patient_id, found in folds.items()
        if len(found) > 1
    ]


def _map_findings(cases: Sequence[Case]) -> list[str]:
    findings: list[str] = []
    for case in cases:
        try:
            opened = open_probability_map(case.source.path, case.source.label)
        except InputError as error:
            findings.extend(error.problems)
            continue
        findings.extend(centroids_outside(opened, case.vertebrae))
    return findings


def _value_findings(maps: Sequence[CaseMap]) -> list[str]:
    findings: list[str] = []
    for source in tqdm(maps, desc="checking", unit="map", disable=None):
        try:
            read_probability_map(source.path, source.label)
        except InputError as error:
            findings.extend(error.problems)
    return findings


def _ungraded(cases: Sequence[Case], rows: dict[str, list[Vertebra]]) -> list[str]:
    sentences = [f"case {case.source.case_id} has no graded vertebra" for case in cases if not case.vertebrae]
    ungraded = sum(len(rows[case.source.case_id]) - len(case.vertebrae) for case in cases)
    if ungraded:
        sentences.append(f"{ungraded} vertebrae without a grade")
    return sentences
