"""The cohort to convert: images, centroids and grades brought together and checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

from dataset_conversion.checks.annotations import Problem, SpacingLimits, check_annotations, messages
from dataset_conversion.checks.grading import join_grades, name_centroids
from dataset_conversion.images.pairing import find_images, unpaired
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.readers.interface import Annotations, Gradings
from dataset_conversion.readers.registry import read_annotations, read_grades
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra

Result = TypeVar("Result")


@dataclass(frozen=True)
class Cohort:
    """What is converted.

    Attributes:
        images: Image file or DICOM folder by case id, in alphabetical order.
        vertebrae: All annotated vertebrae of these cases.
        warnings: What a person should look at.
    """

    images: dict[str, Path]
    vertebrae: tuple[Vertebra, ...]
    warnings: tuple[str, ...]


def gather_cohort(
    images: Path, annotations: Path, grades: Path | None, annotation_format: str | None, limits: SpacingLimits
) -> Cohort:
    """Read everything but the voxels.

    Args:
        images: Folder with CT images, searched through its subfolders.
        annotations: File or folder with centroids.
        grades: VerSe's grade table or radiologists' texts, None where the centroids come with grades or there are none.
        annotation_format: Name of the format, or None to recognise it.
        limits: Distances between centroids that raise no warning.

    Raises:
        InputError: all that is wrong with the input.
    """
    errors: list[str] = []
    paths = _collect(errors, lambda: find_images(images)) or {}
    gradings = _collect(errors, lambda: read_grades(grades)) if grades else None
    headers, broken = _read_headers(paths)
    annotated = _collect(errors, lambda: read_annotations(annotations, headers, annotation_format))
    if annotated is None or errors:
        raise InputError([*errors, *chain.from_iterable(broken.values())])
    warnings = _left_out(paths, headers, annotated)
    vertebrae, problems = _grade(annotated, gradings, headers)
    problems += check_annotations(vertebrae, headers, limits)
    errors += chain.from_iterable(broken[case_id] for case_id in sorted(annotated.cases & broken.keys()))
    errors += messages(problems, "error")
    if not vertebrae and not errors:
        errors.append(f"{annotations}: no centroid for any image; expected at least one")
    if errors:
        raise InputError(errors)
    kept = {vertebra.case_id: paths[vertebra.case_id] for vertebra in vertebrae}
    warnings += chain.from_iterable(headers[case_id].warnings for case_id in sorted(kept))
    warnings += [*messages(problems, "warning"), *_missing_classes(vertebrae)]
    return Cohort(dict(sorted(kept.items())), tuple(vertebrae), tuple(warnings))


def _left_out(paths: Mapping[str, Path], headers: Mapping[str, ImageHeader], annotated: Annotations) -> list[str]:
    """A sentence for each case that cannot be used."""
    with_centroids = {vertebra.case_id for vertebra in annotated.vertebrae} | annotated.unnamed.keys()
    empty = annotated.cases & headers.keys() - with_centroids
    return [
        *unpaired(paths, annotated.cases),
        *(f"case {case_id}: no centroid, left out" for case_id in sorted(empty)),
    ]


def _collect(errors: list[str], step: Callable[[], Result]) -> Result | None:
    """Do a step; where its input is bad, note why and go on, so that all problems come at once."""
    try:
        return step()
    except InputError as error:
        errors += error.problems
        return None


def _read_headers(paths: Mapping[str, Path]) -> tuple[dict[str, ImageHeader], dict[str, tuple[str, ...]]]:
    """Headers by case id, and the problems of the files that have no good one."""
    headers: dict[str, ImageHeader] = {}
    broken: dict[str, tuple[str, ...]] = {}
    for case_id, path in paths.items():
        try:
            headers[case_id] = read_image_header(path)
        except InputError as error:
            broken[case_id] = error.problems
    return headers, broken


def _grade(
    annotated: Annotations, gradings: Gradings | None, headers: Mapping[str, ImageHeader]
) -> tuple[list[Vertebra], list[Problem]]:
    """The vertebrae with all that is known of them, and what is wrong with it."""
    named, problems = name_centroids(annotated.unnamed, gradings or {})
    vertebrae = [_with_patient(vertebra, headers) for vertebra in (*annotated.vertebrae, *named)]
    if gradings is None:
        return vertebrae, problems
    graded, further = join_grades(vertebrae, gradings)
    return graded, [*problems, *further]


def _with_patient(vertebra: Vertebra, headers: Mapping[str, ImageHeader]) -> Vertebra:
    """The vertebra with the image's patient, where the annotation names none of its own."""
    patient_id = headers[vertebra.case_id].patient_id
    if patient_id is None or vertebra.patient_id != vertebra.case_id:
        return vertebra
    return replace(vertebra, patient_id=patient_id)


def _missing_classes(vertebrae: Sequence[Vertebra]) -> list[str]:
    grades = {vertebra.grade for vertebra in vertebrae} - {None}
    if not grades:
        return ["no vertebra is graded: nothing can be learned from this dataset"]
    return [] if any(grades) else ["no vertebra is fractured: nothing can be learned from this dataset"]
