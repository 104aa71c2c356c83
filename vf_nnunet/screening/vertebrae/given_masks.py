"""Masks of vertebrae, as the centres and heights of a CT's vertebral bodies."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dataset_conversion.label_maps.bodies import CUT_OFF, find_bodies
from dataset_conversion.label_maps.mask_files import mask_sources
from dataset_conversion.label_maps.numberings import NO_BODY
from dataset_conversion.label_maps.recognition import named_numbering
from dataset_conversion.label_maps.vertebra_masks import VertebraMasks, read_vertebra_masks, vertebra_files
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.geometry import ImageHeader, index_to_world
from dataset_conversion.spine.heights import Heights
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.levels import level_index
from dataset_conversion.spine.records.file_records import digest_of_json, record_group
from evaluation.vertebra.heights import measure_heights, spine_directions
from vf_nnunet.screening.vertebrae.centres import GivenCentres, Point, VertebraCentre
from vf_nnunet.screening.vertebrae.evaluability import CUT


def check_masks(path: Path, cts: Mapping[str, ImageSource], numbering: str | None = None) -> dict[str, Path]:
    """The masks of each CT by case id. One mask and one CT belong together, whatever their names.

    Args:
        path: A label map, a folder of single vertebrae, or a folder with one of these for each case.
        cts: The CTs by case id.
        numbering: Name of the numbering, or None to recognise it.

    Raises:
        InputError: If there is no mask, a case has two, none is named after a CT, or the numbering is unknown.
    """
    if numbering is not None:
        named_numbering(numbering)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; expected masks of vertebrae")
    sources = {next(iter(cts)): path} if len(cts) == 1 and _is_one(path) else mask_sources(path)
    if not sources.keys() & cts.keys():
        raise InputError(
            f"{path}: masks of {shortened_list(sorted(sources))} but not of {shortened_list(list(cts))}; expected "
            "masks named after the CTs"
        )
    return sources


def _is_one(path: Path) -> bool:
    return path.is_file() or bool(vertebra_files(path))


def masks_digest(source: Path, numbering: str | None) -> str:
    """SHA-256 of the mask files of a case and of the numbering that is asked for, which decides what they show."""
    files = vertebra_files(source).values() if source.is_dir() else [source]
    return digest_of_json([record_group({file.name: file for file in files}).sha256, numbering])


def read_masks(image: ImageHeader, source: Path, numbering: str | None) -> GivenCentres:
    """The vertebrae of a case, whose masks are not kept.

    The sacrum and C1, which have no body of their own, are left out. A vertebra without a usable body is kept as not
    evaluable.

    Args:
        image: Header of the CT.
        source: The label map, or the folder of single vertebrae.
        numbering: Name of the numbering, or None to recognise it.

    Raises:
        InputError: If masks cannot be read, lie on another grid than the CT, name a body twice, or show no body.
    """
    masks = read_vertebra_masks(source, numbering)
    masks.check_grid(image.path, image.shape, image.affine)
    bodies = find_bodies(masks)
    left_out = {level: reason for level, reason in bodies.left_out.items() if level not in NO_BODY}
    if not bodies.centres and not left_out:
        raise InputError(f"{source}: {', '.join(bodies.left_out)} only; expected a vertebra with a body")
    heights = _heights(masks, bodies.centres)
    vertebrae = [VertebraCentre(centre, level, heights=heights[level]) for level, centre in bodies.centres.items()]
    vertebrae += [
        VertebraCentre(_middle(masks, level), level, not_evaluable=CUT if reason == CUT_OFF else f"its mask {reason}")
        for level, reason in left_out.items()
    ]
    return GivenCentres(
        source=f"masks in {source.name}",
        vertebrae=tuple(sorted(vertebrae, key=lambda vertebra: level_index(vertebra.level or ""))),
        digest=masks_digest(source, numbering),
        warnings=masks.warnings,
    )


def _heights(masks: VertebraMasks, centres: Mapping[str, Point]) -> dict[str, Heights | None]:
    """The heights of each body; None for one that cannot be measured."""
    points = np.array(list(centres.values())).reshape(-1, 3)
    if not len(points):
        return {}
    numbers = {level: number for number, level in masks.levels.items()}
    return {
        level: measure_heights(masks.array, masks.affine, numbers[level], centre, up)
        for level, centre, up in zip(centres, points, spine_directions(points), strict=True)
    }


def _middle(masks: VertebraMasks, level: str) -> Point:
    """The centre of mass of a mask."""
    number = next(number for number, name in masks.levels.items() if name == level)
    x, y, z = index_to_world(masks.affine, np.argwhere(masks.array == number)).mean(axis=0)
    return float(x), float(y), float(z)
