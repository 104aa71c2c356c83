"""How badly vertebrae are fractured: the probabilities of the grades at the centroids, and how well they grade.

A case has the probabilities of the grades if its map is beside those of mild, moderate, severe and normal, as training
and `predict` write them for a model with a class for each grade, or if nnU-Net's `.npz` file has these classes. They
are taken at the annotated centroids, without the simulated error of localisation, in a cube of `cube_side`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_csv
from dataset_conversion.spine.genant import FRACTURE_GRADES
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import GRADE_NAMES
from evaluation.cohort.cases import Case, EvaluationCohort
from evaluation.cohort.images import measure_maps
from evaluation.maps.nifti import VolumeFile
from evaluation.maps.probability_map import (
    ProbabilityMap,
    is_on_grid_of,
    open_probability_map,
    read_probability_map,
)
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
from evaluation.vertebra.height_rule import score_by_heights
from evaluation.vertebra.masks import find_masks
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


def analyse_grading(
    cohort: EvaluationCohort, scores: CohortScores, weights: IntArray, settings: ScoringSettings
) -> VertebraGrading | None:
    """Grade the vertebrae of a cohort; None if its cases have no maps of grades.

    Args:
        cohort: The cases.
        scores: Their scores, for the order of the vertebrae.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
        settings: `cube_side` and `sigma_per_side` are used.

    Raises:
        InputError: If maps of grades are missing, cannot be read, or are not of the prediction that the map of
            fractures is of; all problems at once.
    """
    if not _have_grades(cohort.cases):
        return None
    side = PAPER_CUBE_SIDE if settings.cube_side == "auto" else settings.cube_side

    def measure(case: Case, fracture: ProbabilityMap) -> FloatArray:
        """(vertebrae, 5), of fracture and the grades 0 to 3."""
        centroids = np.array([vertebra.centroid for vertebra in case.vertebrae])
        columns = [centre_scores(fracture, centroids, side, settings)]
        for path, labels in _grade_sources(case):
            grade = _read_beside(path, labels, fracture, case)
            columns.append(centre_scores(grade, centroids, side, settings))
        return np.column_stack(columns)

    found = measure_maps(cohort.cases, measure, "grading")
    summed_from = _lowest_summed(cohort.cases, found, settings.fracture_grade)
    by_case = zip(cohort.cases, found, strict=True)
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


def analyse_height_loss(masks: Path | None, annotations: Path, scores: CohortScores) -> list[GradeAuc] | None:
    """AUC of the loss of height, measured on masks, from each fracture grade on; None without masks.

    Args:
        masks: Folder of vertebra masks.
        annotations: The vertebra table.
        scores: Scores of the cohort.

    Raises:
        InputError: If masks are missing, cannot be read or lack a graded vertebra.
    """
    if masks is None:
        return None
    losses = score_by_heights(scores, annotations, find_masks(masks, sorted(set(scores.vertebrae.case_id))))
    vertebrae = losses.vertebrae
    return grade_aucs(vertebrae.grade, vertebrae.scores[:, :1], vertebrae.patient)


def summarise_grading(
    summary: dict[str, Any],
    grading: VertebraGrading | None,
    height_loss: Sequence[GradeAuc] | None,
    fracture_grade: int,
) -> dict[str, Any]:
    """Add `vertebra.grading` with its note, if there are grades or losses of height."""
    content: dict[str, Any] = {} if grading is None else _graded(grading)
    if height_loss is not None:
        content["height_loss"] = {"at_least": _by_grade(height_loss)}
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


def _have_grades(cases: Sequence[Case]) -> bool:
    """Whether the cases have the probabilities of the grades.

    Raises:
        InputError: If only some of them do, or a map of a case is missing.
    """
    sources = {case.source.path: [path for path, _ in _grade_sources(case)] for case in cases}
    # A model without grades has a map of normal vertebrae too.
    if any(path.is_file() for own in sources.values() for path in own[1:]):
        _check_complete(sources)
        return True
    return False


def _check_complete(sources: Mapping[Path, Sequence[Path]]) -> None:
    """Check that each case, by its map of fractures, has the maps of all grades.

    Raises:
        InputError: If any is missing; all problems at once.
    """
    missing = [path for own in sources.values() for path in own if not path.is_file()]
    problems = [
        *(f"{path}: missing; expected the maps of all grades, in all cases or in none" for path in missing),
        *(
            f"{path}: no class for each grade; expected the grades of all cases or of none"
            for path, own in sources.items()
            if not own
        ),
    ]
    if problems:
        raise InputError(problems)


def _grade_sources(case: Case) -> list[tuple[Path, tuple[int, ...]]]:
    """File and classes of the map of each grade 0 to 3; none if nnU-Net's file has no class for each."""
    path, labels = case.source.path, case.source.grade_labels
    if path.name.lower().endswith(".npz"):
        return [(path, (label,)) for label in labels]
    return [(path.with_name(f"{case.source.case_id}_{name}.nii.gz"), ()) for name in GRADE_NAMES]


def _read_beside(path: Path, labels: tuple[int, ...], fracture: ProbabilityMap, case: Case) -> ProbabilityMap:
    """A map of the same grid as that of fractures."""
    opened: VolumeFile = open_probability_map(path, labels)
    if not is_on_grid_of(opened, fracture):
        raise InputError(
            f"{path}: shape {opened.shape} and affine {opened.affine[:3].tolist()}; expected the map of the same "
            f"prediction as {case.source.path.name}"
        )
    return read_probability_map(path, labels)


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
