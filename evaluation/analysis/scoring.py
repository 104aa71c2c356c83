"""Scores and findings of a cohort, each map read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import FRACTURE
from dataset_conversion.spine.vertebra_table import is_fracture
from evaluation.analysis.grading import measure_grades
from evaluation.analysis.locating import LocatedCase, locate_case
from evaluation.cohort.cases import Case, EvaluationCohort
from evaluation.cohort.grade_maps import have_grades
from evaluation.cohort.images import measure_maps
from evaluation.cohort.map_content import MapContent, content_doubts, content_of
from evaluation.cohort.normal_maps import read_normal_map, without_normal_map
from evaluation.cohort.places import MapFit, check_map_fits, fit_in_map
from evaluation.detection.detections import CaseDetections, detect_case
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import patient_scores
from evaluation.settings import ScoringSettings
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores
from evaluation.vertebra.cube_side import choose_cube
from evaluation.vertebra.score import vertebra_scores

Value = TypeVar("Value")


@dataclass(frozen=True)
class _CaseScores:
    """Scores of one map.

    Attributes:
        patient: (noise thresholds,).
        vertebrae: (sides of the cube, vertebrae, draws).
    """

    patient: FloatArray
    vertebrae: FloatArray


@dataclass(frozen=True)
class ScoredCohort:
    """What one reading of the maps gives.

    Attributes:
        scores: Scores of the cohort.
        detections: The findings of each case.
        doubts: Sentences about maps that may not be what they should be.
        located: The vertebrae that the maps of each case show; None if they were not asked for, or if a case lacks the
            map of normal vertebrae.
        without_normal_map: The cases that lack it.
        grades: The scores of the classes of each case, as `measure_grades` returns them; None if they were not asked
            for, or if the cases have no maps of grades.
    """

    scores: CohortScores
    detections: list[CaseDetections]
    doubts: list[str]
    located: list[LocatedCase] | None = None
    without_normal_map: tuple[str, ...] = ()
    grades: list[FloatArray] | None = None


@dataclass(frozen=True)
class _Measured:
    """What is computed while a map is in memory."""

    scores: _CaseScores
    detections: CaseDetections
    fit: MapFit
    content: MapContent
    located: LocatedCase | None
    grades: FloatArray | None


def score_cohort(cohort: EvaluationCohort, settings: ScoringSettings) -> CohortScores:
    """Score all cases of a cohort.

    Raises:
        InputError: If maps cannot be read completely or hold anything but probabilities; all at once.
    """

    def measure(case: Case, probability_map: ProbabilityMap) -> _CaseScores:
        return _score_case(case, probability_map, settings)

    return _gather(cohort.cases, measure_maps(cohort.cases, measure, "scoring"), settings)


def score_and_detect(
    cohort: EvaluationCohort,
    annotations: Path,
    settings: ScoringSettings,
    labels: Mapping[str, NiftiFile] | None = None,
    fractures: tuple[int, ...] = (FRACTURE,),
    seen_in_cts: bool = False,
    locate: bool = True,
    grade: bool = False,
) -> ScoredCohort:
    """Score all cases, collect findings, locate and grade vertebrae, and check the maps, reading each map once.

    Args:
        cohort: The cases.
        annotations: The vertebra table, for messages.
        settings: How to score and what counts as a finding.
        labels: Label image of each case; empty if there are none.
        fractures: Values of the classes of fractures in the label images.
        seen_in_cts: Whether the centroids lie at vertebrae of the CTs (`check_cts`).
        locate: Whether to locate vertebrae. This needs a map of normal vertebrae for every case.
        grade: Whether to score the classes of the grades, if there are maps of them.

    Raises:
        InputError: If images cannot be read completely, or maps hold anything but probabilities, do not belong
            together, are missing, or show the vertebrae in another space; all at once.
    """
    lacking = without_normal_map(cohort.cases)
    graded = grade and have_grades(cohort.cases)
    images = labels or {}

    def measure(case: Case, probability_map: ProbabilityMap) -> _Measured:
        scores = _score_case(case, probability_map, settings)
        detections = detect_case(case, probability_map, settings, images.get(case.source.case_id), fractures)
        # The scores need the most memory, so the other map is read after them.
        normal = None if lacking else read_normal_map(case, probability_map)
        return _Measured(
            scores,
            detections,
            fit_in_map(case, probability_map, normal),
            content_of(probability_map),
            locate_case(case, probability_map, normal, settings) if normal is not None and locate else None,
            measure_grades(case, probability_map, normal, settings) if graded else None,
        )

    measured = measure_maps(cohort.cases, measure, "scoring")
    fits = [one.fit for one in measured]
    doubts = check_map_fits(cohort.cases, fits, not lacking, annotations, seen_in_cts)
    doubts += content_doubts([case.source for case in cohort.cases], [one.content for one in measured])
    return ScoredCohort(
        scores=_gather(cohort.cases, [one.scores for one in measured], settings),
        detections=[one.detections for one in measured],
        doubts=doubts,
        located=_of_all([one.located for one in measured]),
        without_normal_map=tuple(lacking),
        grades=_of_all([one.grades for one in measured]),
    )


def _of_all(values: Sequence[Value | None]) -> list[Value] | None:
    """The values of all cases; None if one has none."""
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _score_case(case: Case, probability_map: ProbabilityMap, settings: ScoringSettings) -> _CaseScores:
    by_side = [vertebra_scores(probability_map, case.vertebrae, side, settings) for side in settings.sides]
    return _CaseScores(patient_scores(probability_map, settings), np.stack(by_side))


def _gather(cases: tuple[Case, ...], scores: Sequence[_CaseScores], settings: ScoringSettings) -> CohortScores:
    sides = settings.sides
    by_side = dict(zip(sides, np.concatenate([case.vertebrae for case in scores], axis=1), strict=True))
    vertebrae = _gather_vertebrae(cases, by_side[sides[0]], settings.fracture_grade)
    patients = _gather_patients(cases, np.array([case.patient for case in scores]), vertebrae)
    if settings.cube_side != "auto":
        return CohortScores(patients, vertebrae)
    return CohortScores(patients, *choose_cube(patients, vertebrae, by_side, settings))


def _gather_vertebrae(cases: tuple[Case, ...], scores: FloatArray, fracture_grade: int) -> VertebraScores:
    patients = sorted({case.patient_id for case in cases})
    rows = [(patients.index(case.patient_id), vertebra) for case in cases for vertebra in case.vertebrae]
    return VertebraScores(
        case_id=tuple(vertebra.case_id for _, vertebra in rows),
        patient=np.array([patient for patient, _ in rows]),
        vertebra=tuple(vertebra.vertebra for _, vertebra in rows),
        grade=np.array([vertebra.grade for _, vertebra in rows]),
        fracture=np.array([bool(is_fracture(vertebra.grade, fracture_grade)) for _, vertebra in rows]),
        scores=scores,
    )


def _gather_patients(cases: tuple[Case, ...], scores: FloatArray, vertebrae: VertebraScores) -> PatientScores:
    # The cohort is sorted by patient, as groupby needs.
    groups = [(name, list(members)) for name, members in groupby(enumerate(cases), key=lambda row: row[1].patient_id)]
    return PatientScores(
        patient_id=tuple(name for name, _ in groups),
        case_ids=tuple(tuple(case.source.case_id for _, case in members) for _, members in groups),
        fold=tuple(members[0][1].source.fold for _, members in groups),
        fracture=np.array([vertebrae.fracture[vertebrae.patient == patient].any() for patient in range(len(groups))]),
        scores=np.array([scores[[row for row, _ in members]].max(axis=0) for _, members in groups]),
    )
