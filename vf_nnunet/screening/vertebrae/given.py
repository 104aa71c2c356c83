"""Centres that come with a CT: centroids or masks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.image_source import ImageSource
from evaluation.naming.known_levels import check_centres, check_known, check_room
from evaluation.naming.settings import NamingSettings
from vf_nnunet.screening.vertebrae.centres import GivenCentres, VertebraCentre
from vf_nnunet.screening.vertebrae.given_centroids import centroids_digest, centroids_of, read_source
from vf_nnunet.screening.vertebrae.given_masks import check_masks, masks_digest, read_masks
from vf_nnunet.screening.vertebrae.options import VertebraOptions

NAMING = NamingSettings()


def check_source(options: VertebraOptions, cts: Mapping[str, ImageSource]) -> VertebraOptions:
    """Look at given centres before long work.

    Args:
        options: The options of the command.
        cts: The CTs by case id.

    Returns:
        The options with the centroids of each case, which are read once, or with the masks of each case.

    Raises:
        InputError: If the source does not exist, is not recognised, or has nothing for any CT; or if the levels that
            are known cannot be those of any vertebrae.
    """
    check_known(0, options.lowest, options.highest)
    if options.centroids is not None:
        return replace(options, annotations=read_source(options.centroids, cts, options.annotation_format))
    if options.masks is not None:
        return replace(options, mask_files=check_masks(options.masks, cts, options.annotation_format))
    return options


def check_needs_ct(options: VertebraOptions) -> None:
    """Check that given centres can be placed on maps of another grid than the CT's, without the CT.

    Args:
        options: As `check_source` returned them.

    Raises:
        InputError: If they belong to the voxels of the CT.
    """
    if options.masks is not None:
        raise InputError(f"--vertebra-masks {options.masks}: masks lie on the voxels of the CT; expected --images too")
    if options.annotations is not None and options.annotations.format.on_voxels:
        raise InputError(
            f"--centroids {options.centroids}: {options.annotations.format.name} gives voxels of the CT; expected "
            "--images too"
        )


def read_given(case: str, image: ImageHeader, options: VertebraOptions) -> GivenCentres | None:
    """The centres that came with a CT; None if vertebrae are to be found in the maps.

    Args:
        case: Case id.
        image: Header of the CT, or of its maps.
        options: As `check_source` returned them.

    Raises:
        InputError: If there are none for this case, they cannot be used, or they contradict the options; or if the
            image is too low for the vertebrae between the known levels.
    """
    if options.source is None:
        check_room(_height(image), options.lowest, options.highest, NAMING)
        return None
    if options.annotations is not None:
        given = centroids_of(case, image, options.annotations)
    else:
        given = read_masks(image, _masks_of(case, options), options.annotation_format)
    problems = _contradictions(options, given.vertebrae)
    if problems:
        raise InputError(problems)
    _check_unnamed(options, given.vertebrae)
    return given


def given_digest_now(case: str, options: VertebraOptions) -> str | None:
    """The digest of the centres that `read_given` would read, which are not evaluated for it.

    Args:
        case: Case id.
        options: As `check_source` returned them.

    Raises:
        InputError: If there are none for this case.
    """
    if options.annotations is not None:
        return centroids_digest(case, options.annotations)
    return None if options.masks is None else masks_digest(_masks_of(case, options), options.annotation_format)


def _masks_of(case: str, options: VertebraOptions) -> Path:
    if case not in options.mask_files:
        raise InputError(f"{options.masks}: no masks of case {case}; expected those of each case")
    return options.mask_files[case]


def _height(image: ImageHeader) -> float:
    """Extent of an image in mm along the patient's long axis."""
    corners = product(*((-0.5, size - 0.5) for size in image.shape))
    return float(np.ptp(image.index_to_world(list(corners))[:, 2]))


def _check_unnamed(options: VertebraOptions, vertebrae: Sequence[VertebraCentre]) -> None:
    """Check that centres of which one has no name can be named by their spacings and the levels that are known.

    Raises:
        InputError: If they cannot.
    """
    if any(vertebra.level is None for vertebra in vertebrae):
        points = check_centres(np.array([vertebra.centre for vertebra in vertebrae]), NAMING)
        check_known(len(points), options.lowest, options.highest)


def _contradictions(options: VertebraOptions, vertebrae: Sequence[VertebraCentre]) -> list[str]:
    """A problem for each end of the spine that has another name than the options give it."""
    ends = {"--highest-vertebra": (options.highest, vertebrae[0]), "--lowest-vertebra": (options.lowest, vertebrae[-1])}
    return [
        f"{options.source}: the {option.removeprefix('--').replace('-', ' ')} is {end.level}; expected {level}, as "
        f"{option} says"
        for option, (level, end) in ends.items()
        if level is not None and end.level is not None and end.level != level
    ]
