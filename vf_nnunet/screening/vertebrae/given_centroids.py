"""Centroids in any annotation format that `convert` reads, as the centres of a CT's vertebrae."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from dataset_conversion.checks.annotations import check_annotations
from dataset_conversion.checks.distances import SpacingLimits
from dataset_conversion.checks.problems import messages
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.readers.registry import CaseAnnotations, read_case_annotations
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.levels import WITHOUT_BODY, level_index
from dataset_conversion.spine.records.file_records import digest_of_json
from dataset_conversion.spine.vertebra_table import with_body
from vf_nnunet.screening.vertebrae.centres import GivenCentres, VertebraCentre

ONE_BODY_MM = 8.0
"""Two centres nearer than this lie in one body. The lowest bodies are 11 mm high."""


def read_source(path: Path, cts: Mapping[str, ImageSource], name: str | None) -> CaseAnnotations:
    """Read the centroids of a batch before long work.

    Args:
        path: File or folder.
        cts: The CTs by case id.
        name: Name of the format, or None to recognise it.

    Raises:
        InputError: If the source does not exist, its format is not recognised, it is invalid for any CT, or it has
            nothing for any CT.
    """
    source = read_case_annotations(path, _headers(cts), name)
    if not source.cases & cts.keys():
        raise InputError(
            f"{path}: centroids of {shortened_list(sorted(source.cases)) or 'no case'} but not of "
            f"{shortened_list(list(cts))}; expected cases named after the CTs"
        )
    return source


def _headers(cts: Mapping[str, ImageSource]) -> dict[str, ImageHeader]:
    """The headers that can be read; the prediction says why another one cannot."""
    headers = {}
    for case, ct in cts.items():
        try:
            headers[case] = read_image_header(ct)
        except InputError:
            continue
    return headers


def centroids_of(case: str, image: ImageHeader, source: CaseAnnotations) -> GivenCentres:
    """The centroids of a case.

    Args:
        case: Case id.
        image: Header of the CT, or of its maps.
        source: The centroids of the batch.

    Raises:
        InputError: If there are none for this case, one lies outside the image, two lie in one body, or the order down
            the spine is not that of the levels; all problems at once.
    """
    path = source.path
    vertebrae = _vertebrae(case, source)
    annotations = source.by_case[case]
    problems = [*_outside(path, image, vertebrae), *_named_twice(path, vertebrae)]
    problems = problems or [f"{path}: {problem}" for problem in _order_problems(case, annotations, image)]
    if problems:
        raise InputError(problems)
    return GivenCentres(
        source=f"centroids in {path.name} ({source.format.name})",
        vertebrae=tuple(vertebrae),
        digest=_digest(vertebrae),
        warnings=(*annotations.left_out, *annotations.warnings, *_without_body(source.path, case, annotations)),
    )


def centroids_digest(case: str, source: CaseAnnotations) -> str:
    """SHA-256 of the centroids of a case.

    Raises:
        InputError: If there are none for this case.
    """
    return _digest(_vertebrae(case, source))


def _digest(vertebrae: Sequence[VertebraCentre]) -> str:
    return digest_of_json([[vertebra.level, *vertebra.centre] for vertebra in vertebrae])


def _vertebrae(case: str, source: CaseAnnotations) -> list[VertebraCentre]:
    """The centres of a case, at least one.

    Raises:
        InputError: If there are none, or its part of the source cannot be used.
    """
    if case in source.problems:
        raise InputError(source.problems[case])
    annotations = source.by_case.get(case)
    vertebrae = [] if annotations is None else _in_order(case, annotations)
    if not vertebrae:
        raise InputError(f"{source.path}: no centroid of case {case}; expected at least one")
    return vertebrae


def _in_order(case: str, annotations: Annotations) -> list[VertebraCentre]:
    named = sorted(
        (one for one in with_body(annotations.vertebrae) if one.case_id == case),
        key=lambda one: level_index(one.vertebra),
    )
    unnamed = sorted(annotations.unnamed.get(case, ()), key=lambda point: -point[2])
    return [
        *(VertebraCentre(one.centroid, one.vertebra) for one in named),
        *(VertebraCentre(point) for point in unnamed),
    ]


def _without_body(source: Path, case: str, annotations: Annotations) -> list[str]:
    """A sentence for each centroid of a level without a body, of which the network says nothing."""
    levels = [one.vertebra for one in annotations.vertebrae if one.case_id == case and one.vertebra in WITHOUT_BODY]
    return [f"{source}: {level} has no vertebral body and is left out" for level in levels]


def _outside(source: Path, image: ImageHeader, vertebrae: Sequence[VertebraCentre]) -> list[str]:
    inside = image.contains([vertebra.centre for vertebra in vertebrae])
    return [
        f"{source}: {vertebra.level or 'centroid'} at LPS ({_place(vertebra)}) mm lies outside {image.path}; expected "
        "inside the image"
        for vertebra, fits in zip(vertebrae, inside, strict=True)
        if not fits
    ]


def _named_twice(source: Path, vertebrae: Sequence[VertebraCentre]) -> list[str]:
    """A problem for each two centres in one body."""
    return [
        f"{source}: {one.level or 'a centroid'} ({_place(one)}) and {other.level or 'a centroid'} ({_place(other)}) "
        f"lie {distance:.1f} mm apart, in one body; expected one name per body"
        for one, other in combinations(vertebrae, 2)
        if (distance := float(np.linalg.norm(np.subtract(one.centre, other.centre)))) < ONE_BODY_MM
    ]


def _order_problems(case: str, annotations: Annotations, image: ImageHeader) -> list[str]:
    of_case = [one for one in annotations.vertebrae if one.case_id == case]
    return messages(check_annotations(of_case, {case: image}, SpacingLimits()), "error") if of_case else []


def _place(vertebra: VertebraCentre) -> str:
    return ", ".join(f"{value:.1f}" for value in vertebra.centre)
