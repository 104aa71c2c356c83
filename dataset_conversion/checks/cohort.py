"""The cohort to convert: images, centroids and grades brought together and checked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

from dataset_conversion.checks.annotations import check_annotations
from dataset_conversion.checks.distances import SpacingLimits
from dataset_conversion.checks.grading import count_used, join_grades, name_centroids, unused_cases
from dataset_conversion.checks.problems import Problem, messages
from dataset_conversion.checks.spaces import Centroids, format_space
from dataset_conversion.images.pairing import find_images, unpaired
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.studies.selection import DEFAULT_SELECTION, DicomSelection
from dataset_conversion.readers.interface import Annotations, Gradings, Point
from dataset_conversion.readers.registry import read_annotations, read_grades
from dataset_conversion.spine.bone.rival_spaces import Sites
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.records.source_counts import SourceCount
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, with_body

Result = TypeVar("Result")


@dataclass(frozen=True)
class ImageHeaders:
    """The headers of all images of a folder.

    Attributes:
        paths: Image file or DICOM series by case id.
        headers: Valid headers by case id.
        broken: Problems of the other headers by case id.
        problems: Problems of the folder itself.
        passed_over: A line for each reason for which files of the folder are not used.
    """

    paths: Mapping[str, ImageSource]
    headers: Mapping[str, ImageHeader]
    broken: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()

    @property
    def readable(self) -> dict[str, ImageSource]:
        """The images with a valid header."""
        return {case_id: self.paths[case_id] for case_id in self.headers}


@dataclass(frozen=True)
class Cohort:
    """The cases to convert.

    Attributes:
        images: Image file or DICOM series by case id, in alphabetical order.
        vertebrae: All annotated vertebrae of these cases.
        warnings: Things that a person should look at.
        centroids: The vertebrae's places in the stated space and in its rivals.
        counts: By the name of a source, how much of it was read and used.
    """

    images: dict[str, ImageSource]
    vertebrae: tuple[Vertebra, ...]
    warnings: tuple[str, ...]
    centroids: Centroids
    counts: Mapping[str, SourceCount]


def read_headers(folder: Path, dicom: DicomSelection = DEFAULT_SELECTION) -> ImageHeaders:
    """Read the headers of all CT images in a folder and its subfolders; problems are recorded, not raised.

    Args:
        folder: The folder.
        dicom: Which DICOM series are taken, and how their cases are named.
    """
    try:
        paths, passed_over = find_images(folder, dicom)
    except InputError as error:
        return ImageHeaders({}, {}, {}, error.problems)
    headers: dict[str, ImageHeader] = {}
    broken: dict[str, tuple[str, ...]] = {}
    for case_id, path in paths.items():
        try:
            headers[case_id] = read_image_header(path)
        except InputError as error:
            broken[case_id] = error.problems
    return ImageHeaders(paths, headers, broken, passed_over=tuple(passed_over))


def gather_cohort(
    images: ImageHeaders, annotations: Path, grades: Path | None, annotation_format: str | None, limits: SpacingLimits
) -> Cohort:
    """Read and check everything but the voxels.

    Args:
        images: The headers of the CT images.
        annotations: File or folder with centroids.
        grades: VerSe's grade table or radiologists' texts; None where the centroids come with grades or there are none.
        annotation_format: Name of the format, or None to recognise it.
        limits: Distances between centroids that raise no warning.

    Raises:
        InputError: If anything is wrong with the input; all problems at once.
    """
    annotated, gradings = _read_sources(images, annotations, grades, annotation_format)
    left_out = _left_out(images, annotated)
    vertebrae, problems = _grade(annotated, gradings, images.headers)
    problems += check_annotations(vertebrae, images.headers, limits)
    errors = [*_pick(images.broken, annotated.cases & images.broken.keys()), *messages(problems, "error")]
    if not vertebrae and not errors:
        errors.append(f"{annotations}: no centroid for any image; expected at least one")
    if errors:
        raise InputError(errors)
    cases = sorted({vertebra.case_id for vertebra in vertebrae})
    warnings = (
        *images.passed_over,
        *left_out,
        *annotated.left_out,
        *annotated.warnings,
        *(unused_cases(vertebrae, gradings) if gradings else ()),
        *_pick({case_id: images.headers[case_id].warnings for case_id in cases}, cases),
        *messages(problems, "warning"),
        *_missing_classes(vertebrae),
    )
    return Cohort(
        images={case_id: images.paths[case_id] for case_id in cases},
        vertebrae=tuple(vertebrae),
        warnings=warnings,
        centroids=Centroids(annotations, _sites(vertebrae, annotated, gradings or {})),
        counts=_counts(images, annotated, gradings, vertebrae),
    )


def _read_sources(
    images: ImageHeaders, annotations: Path, grades: Path | None, annotation_format: str | None
) -> tuple[Annotations, Gradings | None]:
    problems = list(images.problems)
    gradings = _collect(problems, lambda: read_grades(grades)) if grades else None
    annotated = _collect(problems, lambda: read_annotations(annotations, images.headers, annotation_format))
    if annotated is None or problems:
        raise InputError([*problems, *chain.from_iterable(images.broken.values())])
    return annotated, gradings


def _collect(problems: list[str], step: Callable[[], Result]) -> Result | None:
    """Run a step. If its input is bad, record the problems and go on, so that all are reported at once."""
    try:
        return step()
    except InputError as error:
        problems += error.problems
        return None


def _left_out(images: ImageHeaders, annotated: Annotations) -> list[str]:
    """A sentence for each case that cannot be used."""
    with_centroids = {vertebra.case_id for vertebra in annotated.vertebrae} | annotated.unnamed.keys()
    empty = annotated.cases & images.headers.keys() - with_centroids
    return [
        *unpaired(images.paths, annotated.cases),
        *(f"case {case_id}: no centroid, left out" for case_id in sorted(empty)),
    ]


def _pick(sentences: Mapping[str, tuple[str, ...]], cases: Iterable[str]) -> list[str]:
    """The sentences about these cases, in alphabetical order of the cases."""
    return [sentence for case_id in sorted(cases) for sentence in sentences[case_id]]


def _grade(
    annotated: Annotations, gradings: Gradings | None, headers: Mapping[str, ImageHeader]
) -> tuple[list[Vertebra], list[Problem]]:
    """The vertebrae with their patients and grades, and the problems of the grades."""
    named, problems = name_centroids(annotated.unnamed, gradings or {})
    vertebrae = [_with_patient(vertebra, headers) for vertebra in (*annotated.vertebrae, *named)]
    if gradings is None:
        return vertebrae, problems
    graded, further = join_grades(vertebrae, gradings, annotated.left_out_levels)
    return graded, [*problems, *further]


def _sites(vertebrae: Sequence[Vertebra], annotated: Annotations, gradings: Gradings) -> dict[str, Sites]:
    """The centroids of each case as stated, and as each rival format reads them."""
    rivals = {name: _places(rival, gradings) for name, rival in annotated.rivals.items()}
    sites: dict[str, Sites] = {}
    for case_id, case in by_case(vertebrae).items():
        keys = [(case_id, vertebra.vertebra) for vertebra in case]
        sites[case_id] = Sites(
            levels=tuple(vertebra.vertebra for vertebra in case),
            stated=tuple(vertebra.centroid for vertebra in case),
            rivals={
                format_space(name): tuple(places[key] for key in keys)
                for name, places in rivals.items()
                if all(key in places for key in keys)
            },
        )
    return sites


def _places(annotated: Annotations, gradings: Gradings) -> dict[tuple[str, str], Point]:
    """Centroid by case and level."""
    named, _ = name_centroids(annotated.unnamed, gradings)
    return {(vertebra.case_id, vertebra.vertebra): vertebra.centroid for vertebra in (*annotated.vertebrae, *named)}


def _counts(
    images: ImageHeaders, annotated: Annotations, gradings: Gradings | None, vertebrae: Sequence[Vertebra]
) -> dict[str, SourceCount]:
    """How much of each source was read and used."""
    counts = {
        "images": SourceCount(len(images.paths), len({vertebra.case_id for vertebra in vertebrae})),
        "points": SourceCount(annotated.points, len(vertebrae)),
    }
    if gradings is not None:
        counts["gradings"] = SourceCount(
            sum(len(by_level) for by_level in gradings.values()), count_used(vertebrae, gradings)
        )
    return counts


def _with_patient(vertebra: Vertebra, headers: Mapping[str, ImageHeader]) -> Vertebra:
    """The vertebra with the image's patient, unless the annotation names a patient of its own."""
    patient_id = headers[vertebra.case_id].patient_id
    if patient_id is None or vertebra.patient_id != vertebra.case_id:
        return vertebra
    return replace(vertebra, patient_id=patient_id)


def _missing_classes(vertebrae: Sequence[Vertebra]) -> list[str]:
    grades = {vertebra.grade for vertebra in with_body(vertebrae)} - {None}
    if not grades:
        return ["no vertebra is graded: nothing can be learned from this dataset"]
    return [] if any(grades) else ["no vertebra is fractured: nothing can be learned from this dataset"]
