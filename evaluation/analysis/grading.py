"""How badly vertebrae are fractured: the probabilities of the grades at the centroids, and how well they grade.

The probabilities are taken at the annotated centroids, without the simulated error of localisation, in a cube of
`cube_side`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_csv
from dataset_conversion.spine.genant import FRACTURE_GRADES
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import GRADE_NAMES
from evaluation.analysis.height_loss import HeightLossAucs
from evaluation.cohort.cases import Case
from evaluation.cohort.grade_maps import read_grade_maps
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import QUANTISATION_STEPS
from evaluation.settings import PAPER_CUBE_SIDE, ScoringSettings
from evaluation.statistics.roc import IntArray
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.grading import (
    Agreement,
    GradeAuc,
    agreement,
    grade_aucs,
    predicted_grades,
    scores_from_grades,
)
from evaluation.vertebra.score import centre_scores

GRADES_FILE = "vertebra_grades.csv"
ROUNDING = 4 / QUANTISATION_STEPS
"""Largest difference between a map and the sum of up to four others, each of them rounded."""


@dataclass(frozen=True)
class VertebraGrading:
    """The grading of a cohort.

    Attributes:
        probabilities: (vertebrae, 4), of the grades 0 to 3.
        predicted: (vertebrae,), the most probable grade.
        aucs: From each fracture grade on.
        agreement: Predicted and read grades.
        summed_from: Lowest grade in the maps of fractures.
    """

    probabilities: FloatArray
    predicted: IntArray
    aucs: list[GradeAuc]
    agreement: Agreement
    summed_from: int


def measure_grades(
    case: Case, fracture: ProbabilityMap, normal: ProbabilityMap | None, settings: ScoringSettings
) -> FloatArray:
    """The scores (vertebrae, 5) of fracture and of the grades 0 to 3 at the centroids of a case.

    Args:
        case: A case with maps of the grades.
        fracture: Its map of fractures.
        normal: Its map of normal vertebrae, if it has been read already.
        settings: `cube_side` and `sigma_per_side` are used.

    Raises:
        InputError: If a map of a grade cannot be read or has another grid.
    """
    side = PAPER_CUBE_SIDE if settings.cube_side == "auto" else settings.cube_side
    centroids = np.array([vertebra.centroid for vertebra in case.vertebrae])
    # One map at a time in memory, beside those that have been read already.
    maps = chain([fracture], read_grade_maps(case, fracture, normal))
    return np.column_stack([centre_scores(one, centroids, side, settings) for one in maps])


def analyse_grading(
    cases: Sequence[Case],
    measured: Sequence[FloatArray] | None,
    scores: CohortScores,
    weights: IntArray,
    settings: ScoringSettings,
) -> VertebraGrading | None:
    """Grade the vertebrae of a cohort; None if its cases have no maps of grades.

    Args:
        cases: The cases.
        measured: The scores of the classes in each case, as `measure_grades` returns them; None without grades.
        scores: Scores of the cohort, for the order of the vertebrae.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
        settings: `fracture_grade` is used.

    Raises:
        InputError: If maps of grades are not of the prediction that the map of fractures is of; all problems at once.
    """
    if measured is None:
        return None
    summed_from = _lowest_summed(cases, measured, settings.fracture_grade)
    by_case = zip(cases, measured, strict=True)
    probabilities = np.concatenate([_grade_probabilities(case, columns, summed_from) for case, columns in by_case])
    read, patient = scores.vertebrae.grade, scores.vertebrae.patient
    predicted = predicted_grades(probabilities)
    return VertebraGrading(
        probabilities,
        predicted,
        grade_aucs(read, scores_from_grades(probabilities), patient),
        agreement(read, predicted, patient, weights),
        summed_from,
    )


def summarise_grading(
    summary: dict[str, Any],
    grading: VertebraGrading | None,
    height_loss: HeightLossAucs | None,
    fracture_grade: int,
) -> dict[str, Any]:
    """Add `vertebra.grading` with its note, if there are grades or losses of height."""
    content: dict[str, Any] = {} if grading is None else _graded(grading)
    if height_loss is not None:
        content["height_loss"] = _height_losses(height_loss)
    if not content:
        return summary
    vertebra = {**summary["vertebra"], "grading": content}
    return {**summary, "vertebra": vertebra, "notes": [*summary["notes"], *grading_notes(grading, fracture_grade)]}


def grading_notes(grading: VertebraGrading | None, fracture_grade: int) -> list[str]:
    """A sentence if the maps count other grades as fractures than the evaluation does."""
    if grading is None or grading.summed_from == fracture_grade:
        return []
    return [
        f"The maps of fractures sum up the grades from {grading.summed_from} on, but vertebrae count as fractured from "
        f"grade {fracture_grade} on (--fracture-grade)."
    ]


def write_grades(path: Path, grading: VertebraGrading | None, scores: CohortScores) -> None:
    """Write the table of grades. Without one, remove the file of an earlier evaluation."""
    if grading is None:
        path.unlink(missing_ok=True)
        return
    vertebrae = scores.vertebrae
    rows = zip(
        vertebrae.case_id,
        [scores.patients.patient_id[patient] for patient in vertebrae.patient],
        vertebrae.vertebra,
        vertebrae.grade.tolist(),
        grading.predicted.tolist(),
        grading.probabilities.tolist(),
        strict=True,
    )
    columns = ["case_id", "patient_id", "vertebra", "grade", "predicted_grade", *GRADE_NAMES]
    write_csv(path, columns, ([*row, *probabilities] for *row, probabilities in rows))


def _lowest_summed(cases: Sequence[Case], found: Sequence[FloatArray], fracture_grade: int) -> int:
    """The lowest grade in the maps of fractures, by their values at the vertebrae; `fracture_grade` if that fits.

    Raises:
        InputError: If a map is not a sum of its grades' maps.
    """
    fitting = [
        {
            grade
            for grade in FRACTURE_GRADES
            if np.all(np.abs(columns[:, 0] - columns[:, 1 + grade :].sum(axis=1)) <= ROUNDING)
        }
        for columns in found
    ]
    problems = [
        f"{case.source.path}: not the sum of the maps of grades beside it; expected maps of the same prediction"
        for case, grades in zip(cases, fitting, strict=True)
        if not grades
    ]
    common = set(FRACTURE_GRADES).intersection(*fitting)
    if not problems and not common:
        problems = [f"{cases[0].source.path.parent}: maps that sum up other grades as fractures; expected one model's"]
    if problems:
        raise InputError(problems)
    return fracture_grade if fracture_grade in common else min(common)


def _grade_probabilities(case: Case, columns: FloatArray, summed_from: int) -> FloatArray:
    """Probability (vertebrae, 4) of the grades 0 to 3.

    A NIfTI map of normal vertebrae holds those whose grade is below the lowest fracture grade, so that the grades below
    are subtracted.
    """
    grades = columns[:, 1:].copy()
    if not case.source.grade_labels:
        grades[:, 0] -= grades[:, 1:summed_from].sum(axis=1)
    return np.asarray(np.maximum(grades, 0.0))


def _graded(grading: VertebraGrading) -> dict[str, Any]:
    found = grading.agreement
    return {
        "n": len(grading.predicted),
        "at_least": _by_grade(grading.aucs),
        "confusion": found.confusion.tolist(),
        "exact": found.exact,
        "within_one": found.within_one,
        "kappa_quadratic": found.kappa,
        "kappa_quadratic_ci95": None if found.ci95 is None else list(found.ci95),
    }


def _height_losses(found: HeightLossAucs) -> dict[str, Any]:
    return {
        "n": found.n,
        "not_measured": found.not_measured,
        "without_neighbour": found.without_neighbour,
        "at_least": _by_grade(found.largest),
        "own_at_least": _by_grade(found.own),
        "neighbour_at_least": _by_grade(found.neighbour),
    }


def _by_grade(aucs: Sequence[GradeAuc]) -> Mapping[str, Any]:
    return {
        str(auc.grade): {
            **{name: value for name, value in asdict(auc).items() if name != "grade"},
            "ci95": _limits(auc),
        }
        for auc in aucs
    }


def _limits(auc: GradeAuc) -> list[float] | None:
    return None if auc.ci95 is None else list(auc.ci95)
