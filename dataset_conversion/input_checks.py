"""All checks of a conversion's input, in one report, before any work starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.checks.annotations import check_cohort
from dataset_conversion.checks.cohort import Cohort, gather_cohort, read_headers
from dataset_conversion.checks.problems import messages
from dataset_conversion.checks.voxels import check_images
from dataset_conversion.dataset.files import Folds, plan_folds
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import GRADE_NAMES
from dataset_conversion.spine.vertebra_table import Vertebra, with_body


@dataclass(frozen=True)
class CheckedInput:
    """Input that can be converted.

    Attributes:
        cohort: The cases to convert.
        folds: Their cross-validation.
        warnings: Things that a person should look at.
    """

    cohort: Cohort
    folds: Folds
    warnings: tuple[str, ...]


def check_input(request: ConversionRequest, processes: int, store: Path | None = None) -> CheckedInput:
    """Read and check headers, annotations, grades and every image's voxels, and plan the folds.

    Args:
        request: The input and the settings.
        processes: Number of images to read at once.
        store: Folder in which to keep the valid images as they were read; None to keep none.

    Raises:
        InputError: If anything is wrong; all problems at once. Voxels are checked even if the annotations are bad.
    """
    settings = request.settings
    images = read_headers(request.images, request.dicom)
    try:
        cohort = gather_cohort(images, request.annotations, request.grades, request.annotation_format, settings.spacing)
    except InputError as error:
        of_voxels = check_images(images.readable, {}, settings.hounsfield, processes)
        raise InputError([*error.problems, *messages(of_voxels, "error")]) from error
    patients = {vertebra.case_id: vertebra.patient_id for vertebra in cohort.vertebrae}
    problems = check_cohort(cohort.vertebrae)
    problems += check_images(cohort.images, patients, settings.hounsfield, processes, cohort.centroids, store)
    folds, impossible = _plan(cohort, settings)
    errors = [*messages(problems, "error"), *impossible]
    if errors:
        raise InputError(errors)
    # The warnings of a header come with the headers and again with the voxels.
    classes = _unused_classes(cohort.vertebrae, settings)
    warnings = dict.fromkeys((*cohort.warnings, *messages(problems, "warning"), *folds.warnings, *classes))
    return CheckedInput(cohort, folds, tuple(warnings))


def _unused_classes(vertebrae: Sequence[Vertebra], settings: ConversionSettings) -> list[str]:
    """A sentence about each grade that has a class but no vertebra."""
    if settings.classes != "grades":
        return []
    grades = {vertebra.grade for vertebra in with_body(vertebrae)}
    return [
        f"no vertebra has grade {grade}, so the network cannot learn the class {name}; expected examples of every "
        "grade, or --classes fracture"
        for grade, name in enumerate(GRADE_NAMES)
        if grade not in grades
    ]


def _plan(cohort: Cohort, settings: ConversionSettings) -> tuple[Folds, tuple[str, ...]]:
    """The folds, or why they are impossible."""
    try:
        return plan_folds(cohort.vertebrae, settings), ()
    except InputError as error:
        return Folds([], [], ()), error.problems
