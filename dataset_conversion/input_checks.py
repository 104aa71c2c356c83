"""All checks of a conversion's input, before any work starts, in one report."""

from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.checks.annotations import Problem, check_cohort, messages
from dataset_conversion.checks.cohort import Cohort, gather_cohort
from dataset_conversion.checks.voxels import check_images
from dataset_conversion.dataset.files import Folds, plan_folds
from dataset_conversion.dataset.report import Request
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.images.pairing import find_images
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.spine.errors import InputError


@dataclass(frozen=True)
class CheckedInput:
    """Input without errors.

    Attributes:
        cohort: What is converted.
        folds: Its cross-validation.
        warnings: What a person should look at.
    """

    cohort: Cohort
    folds: Folds
    warnings: tuple[str, ...]


def check_input(request: Request, processes: int) -> CheckedInput:
    """Read and check headers, annotations, grades and every image's voxels, and plan the folds.

    Raises:
        InputError: all errors at once. Where the annotations cannot be used, the images are checked all the same.
    """
    settings = request.settings
    try:
        cohort = gather_cohort(
            request.images,
            request.annotations,
            request.grades,
            request.options["annotation_format"],
            settings.spacing,
        )
    except InputError as error:
        found = _check_unpaired_images(request, processes)
        raise InputError(list(dict.fromkeys([*error.problems, *messages(found, "error")]))) from error
    patients = {vertebra.case_id: vertebra.patient_id for vertebra in cohort.vertebrae}
    problems = check_cohort(cohort.vertebrae)
    problems += check_images(cohort.images, patients, settings.hounsfield, processes)
    folds, impossible = _plan(cohort, settings)
    errors = [*messages(problems, "error"), *impossible]
    if errors:
        raise InputError(errors)
    return CheckedInput(cohort, folds, (*cohort.warnings, *messages(problems, "warning"), *folds.warnings))


def _plan(cohort: Cohort, settings: ConversionSettings) -> tuple[Folds, tuple[str, ...]]:
    try:
        return plan_folds(cohort.vertebrae, settings), ()
    except InputError as error:
        return Folds([], [], ()), error.problems


def _check_unpaired_images(request: Request, processes: int) -> list[Problem]:
    """Check the images whose headers are good; what is wrong with the other headers is known already."""
    try:
        images = find_images(request.images)
    except InputError:
        return []
    readable = {case_id: path for case_id, path in images.items() if _has_header(path)}
    return check_images(readable, {}, request.settings.hounsfield, processes)


def _has_header(path: Path) -> bool:
    try:
        read_image_header(path)
    except InputError:
        return False
    return True
