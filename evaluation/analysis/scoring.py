"""Every map of a cohort read once and scored at both levels."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import is_fracture
from evaluation.cohort.assembly import Case, Cohort
from evaluation.cohort.images import read_map
from evaluation.patient.rule import patient_scores
from evaluation.settings import ScoringSettings
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores
from evaluation.vertebra.cube_side import choose_cube
from evaluation.vertebra.score import vertebra_scores


def score_cohort(cohort: Cohort, settings: ScoringSettings) -> CohortScores:
    """Score all cases.

    Raises:
        InputError: All maps at once that cannot be read whole or hold anything but probabilities.
    """
    sides = settings.cube_candidates if settings.cube_side == "auto" else (settings.cube_side,)
    findings: list[str] = []
    by_patient: list[FloatArray] = []
    by_vertebra: list[FloatArray] = []
    for case in tqdm(cohort.cases, desc="scoring", unit="case", disable=None):
        try:
            probability_map = read_map(case)
        except InputError as error:
            findings.extend(error.problems)
            continue
        by_patient.append(patient_scores(probability_map, settings))
        by_vertebra.append(
            np.stack([vertebra_scores(probability_map, case.vertebrae, side, settings) for side in sides])
        )
    if findings:
        raise InputError(findings)
    by_side = dict(zip(sides, np.concatenate(by_vertebra, axis=1), strict=True))
    vertebrae = _gather_vertebrae(cohort.cases, by_side[sides[0]], settings.fracture_grade)
    patients = _gather_patients(cohort.cases, np.array(by_patient), vertebrae)
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
