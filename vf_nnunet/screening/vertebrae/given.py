"""Centres that come with a CT: centroids in any annotation format, or vertebra masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from dataset_conversion.checks.annotations import check_annotations
from dataset_conversion.checks.distances import SpacingLimits
from dataset_conversion.checks.problems import messages
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.readers.registry import find_format, read_annotations
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.levels import level_index
from dataset_conversion.spine.records.file_records import digest_of_json
from vf_nnunet.screening.vertebrae.centres import VertebraCentre
from vf_nnunet.screening.vertebrae.options import VertebraOptions

ONE_BODY_MM = 8.0
"""Two centres nearer than this lie in one body. The lowest bodies are 11 mm high."""


@dataclass(frozen=True)
class GivenCentres:
    """The centres that came with a CT.

    Attributes:
        source: The file or folder, and what it holds, for `<case>.json`.
        vertebrae: From the top down.
        warnings: What a reader should know about them.
        digest: SHA-256 by which a later prediction tells whether they are the same.
    """

    source: str
    vertebrae: tuple[VertebraCentre, ...]
    warnings: tuple[str, ...] = ()
    digest: str = ""


def check_source(options: VertebraOptions, cts: Mapping[str, Path]) -> VertebraOptions:
    """Recognise the format of given centres before long work.

    Args:
        options: The options of the command.
        cts: The CTs by case id.

    Returns:
        The options with the format's name.

    Raises:
        InputError: If the file or folder does not exist, its format is not recognised, or it has nothing for any CT.
    """
    if options.centroids is None:
        return options
    headers = _headers(cts)
    chosen = find_format(options.centroids, headers, options.annotation_format)
    named = replace(options, annotation_format=chosen.name)
    annotated = _cases_of(options.centroids, headers, chosen.name)
    if annotated is not None and not annotated & cts.keys():
        raise InputError(
            f"{options.centroids}: no centroids of {', '.join(list(cts)[:3])}; expected cases named after the CTs"
        )
    return named


def _headers(cts: Mapping[str, Path]) -> dict[str, ImageHeader]:
    """The headers that can be read; the prediction says why another one cannot."""
    headers = {}
    for case, ct in cts.items():
        try:
            headers[case] = read_image_header(ct)
        except InputError:
            continue
    return headers


def _cases_of(path: Path, headers: Mapping[str, ImageHeader], name: str) -> frozenset[str] | None:
    """The cases of a source; None if a part of it cannot be read, which concerns the cases of that part."""
    try:
        return read_annotations(path, headers, name).cases
    except InputError:
        return None


def read_given(case: str, image: ImageHeader, options: VertebraOptions) -> GivenCentres | None:
    """The centres that came with a CT; None if vertebrae are to be found in the maps.

    Args:
        case: Case id.
        image: Header of the CT, or of its maps.
        options: Where the centres are.

    Raises:
        InputError: If there are none for this case, one lies outside the image, two lie in one body, or the order down
            the spine is not that of the levels; all problems at once.
    """
    if options.centroids is None:
        return None
    annotations = read_annotations(options.centroids, {case: image}, options.annotation_format)
    vertebrae = _vertebrae(case, annotations)
    if not vertebrae:
        raise InputError(f"{options.centroids}: no centroid of case {case}; expected at least one")
    problems = [*_outside(options.centroids, image, vertebrae), *_named_twice(options.centroids, vertebrae)]
    problems = problems or _order_problems(case, annotations, image)
    if problems:
        raise InputError(problems)
    return GivenCentres(
        source=f"centroids in {options.centroids.name} ({options.annotation_format})",
        vertebrae=tuple(vertebrae),
        warnings=annotations.left_out,
        digest=digest_of_json([[vertebra.level, *vertebra.centre] for vertebra in vertebrae]),
    )


def _vertebrae(case: str, annotations: Annotations) -> list[VertebraCentre]:
    named = sorted(
        (one for one in annotations.vertebrae if one.case_id == case), key=lambda one: level_index(one.vertebra)
    )
    unnamed = sorted(annotations.unnamed.get(case, ()), key=lambda point: -point[2])
    return [
        *(VertebraCentre(one.centroid, one.vertebra) for one in named),
        *(VertebraCentre(point) for point in unnamed),
    ]


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
