"""The centres of the vertebral bodies in the masks of whole vertebrae."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.label_maps.body_parts import DEFAULT_SETTINGS, BodyPart, BodySettings, Indices, find_body
from dataset_conversion.label_maps.numberings import NO_BODY
from dataset_conversion.label_maps.vertebra_masks import VertebraMasks
from dataset_conversion.spine.curve import curve_tangents
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, index_to_world, spacing_of

Point = tuple[float, float, float]
"""(x, y, z) in LPS mm."""

CUT_OFF = "is cut off by the border of the image and is left out"
LARGEST_CUT = 0.1
"""Largest share of a body's area, seen along the spine, that may touch the border of the image."""
LEAST_PART = 0.05
"""Smaller parts of a mask, as shares of its largest part, are ignored."""
SECOND_BODY = 0.25
"""A part of at least this share of the largest part can be another body."""
SECOND_THICKNESS = 0.6
"""Another body is at least this thick, as a share of the thickness of the largest part. An arch is thinner."""
SECOND_DISTANCE = 15.0
"""Another body lies at least so far above or below, in mm."""
LEAST_DISTANCE = 8.0
"""Least distance in mm between two bodies: those of two collapsed vertebrae with a disc between them."""
LEAST_RISE = 4.0
"""Least part of it in mm along the patient's axis, as at a steep kyphosis. Halves of one body lie beside each other."""


@dataclass(frozen=True)
class FoundBodies:
    """The bodies of one CT.

    Attributes:
        centres: Centre of each body by level, from the top down.
        left_out: The reason by level, as the end of a sentence, for vertebrae without a usable body.
        voxels: Voxel indices (n, 3), (z, y, x), of each body by level, cut ones included. Where the image cuts a
            vertebra so that its body cannot be told from the rest, those of its whole mask.
    """

    centres: Mapping[str, Point]
    left_out: Mapping[str, str]
    voxels: Mapping[str, Indices]


def find_bodies(masks: VertebraMasks, settings: BodySettings = DEFAULT_SETTINGS) -> FoundBodies:
    """Find the body of each vertebra. Vertebrae that the image cuts off are left out.

    Args:
        masks: The masks of the vertebrae.
        settings: How a body is told from the rest of its vertebra.

    Raises:
        InputError: If a number stands for two vertebrae, or two numbers for one.
    """
    indices = {level: _indices(masks.array, number) for number, level in masks.levels.items()}
    problems = [
        f"{masks.path}: {problem}"
        for level, own in indices.items()
        for problem in _second_bodies(level, own, masks.affine)
    ]
    if problems:
        raise InputError(problems)
    centres: dict[str, Point] = {}
    left_out: dict[str, str] = {}
    voxels: dict[str, Indices] = {}
    for (level, own), up in zip(indices.items(), _directions(masks, indices), strict=True):
        body = None if level in NO_BODY else find_body(own, masks.affine, up, settings)
        reason = _reason(level, body, own, masks)
        if reason is not None:
            left_out[level] = reason
        elif body is not None:
            centres[level] = _point(body.centre)
        voxels |= _voxels(level, body, own, reason)
    _check_apart(masks, centres)
    return FoundBodies(centres, left_out, voxels)


def _voxels(level: str, body: BodyPart | None, indices: Indices, reason: str | None) -> dict[str, Indices]:
    """The voxels of a body; the whole mask where it is cut so that it shows no body; nothing for other masks."""
    if body is None:
        return {level: indices} if reason == CUT_OFF else {}
    return {level: body.indices}


def _directions(masks: VertebraMasks, indices: Mapping[str, Indices]) -> list[FloatArray | None]:
    """Unit vector up the spine at each vertebra; None for one without neighbours."""
    if len(indices) == 1:
        return [None]
    whole = np.array([index_to_world(masks.affine, own).mean(axis=0) for own in indices.values()])
    return list(-curve_tangents(whole, np.array([0.0, 0.0, -1.0])))


def body_centre(mask: npt.NDArray[np.integer], affine: FloatArray, label: int, up: FloatArray | None = None) -> Point:
    """The centre of the body of one vertebra, (x, y, z) in LPS mm.

    Args:
        mask: (z, y, x), one label per vertebra.
        affine: 4x4, voxel index (x, y, z) to LPS mm.
        label: Label of the vertebra.
        up: (3,), unit vector up the spine, as neighbours give it; None where there is no neighbour.

    Raises:
        InputError: If the mask has no such label or the body cannot be told from the rest of the vertebra.
    """
    indices = _indices(mask, label)
    body = find_body(indices, affine, up) if len(indices) else None
    if body is None:
        raise InputError(f"label {label}: no vertebral body found; expected the mask of a whole vertebra or of a body")
    return _point(body.centre)


def _point(place: FloatArray) -> Point:
    x, y, z = (float(value) for value in place)
    return x, y, z


def _indices(array: npt.NDArray[np.integer], number: int) -> Indices:
    """Voxel indices (n, 3) of a label, without parts that are far smaller than its largest."""
    boxes = ndimage.find_objects(array, number)
    box = boxes[number - 1] if len(boxes) >= number else None
    if box is None:
        return np.empty((0, 3), dtype=int)
    parts, _ = ndimage.label(array[box] == number, np.ones((3, 3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    kept = sizes >= LEAST_PART * sizes.max()
    return np.asarray(np.argwhere(kept[parts]) + [part.start for part in box])


def _second_bodies(level: str, indices: Indices, affine: FloatArray) -> list[str]:
    """A problem if a label covers the bodies of two vertebrae."""
    first = indices.min(axis=0)
    own = np.zeros(indices.max(axis=0) - first + 3, dtype=bool)
    own[tuple((indices - first + 1).T)] = True
    parts, count = ndimage.label(own, np.ones((3, 3, 3)))
    if count < 2:
        return []
    sizes = np.bincount(parts.ravel())[1:]
    depth = ndimage.distance_transform_edt(own, sampling=spacing_of(affine))
    numbers = np.arange(1, count + 1)
    thickness = np.asarray(ndimage.maximum(depth, parts, numbers))
    centres = index_to_world(affine, np.asarray(ndimage.center_of_mass(own, parts, numbers)) + first - 1)
    largest = int(np.argmax(sizes))
    for part in range(count):
        apart = abs(float(centres[part][2] - centres[largest][2]))
        is_body = (
            sizes[part] >= SECOND_BODY * sizes[largest] and thickness[part] >= SECOND_THICKNESS * thickness[largest]
        )
        if part != largest and is_body and apart >= SECOND_DISTANCE:
            distance = float(np.linalg.norm(centres[part] - centres[largest]))
            return [f"{level} in two places {distance:.0f} mm apart; expected one vertebra for each label"]
    return []


def _reason(level: str, body: BodyPart | None, indices: Indices, masks: VertebraMasks) -> str | None:
    """Why a vertebra is left out; None if it is not."""
    if level in NO_BODY:
        return NO_BODY[level]
    if body is None:
        is_cut = _touching(indices, masks) > 0
        return CUT_OFF if is_cut else "shows neither a spinal canal nor a body alone and is left out"
    return CUT_OFF if _touching(body.indices, masks) > LARGEST_CUT * body.area else None


def _touching(indices: Indices, masks: VertebraMasks) -> float:
    """Area in mm² of the voxels' faces on the border of the image."""
    spacing = np.array(masks.spacing)
    faces = np.prod(spacing) / spacing
    at_border = (indices == 0).sum(axis=0) + (indices == np.array(masks.array.shape) - 1).sum(axis=0)
    return float(at_border @ faces)


def _check_apart(masks: VertebraMasks, centres: Mapping[str, Point]) -> None:
    problems = []
    for (upper, above), (lower, below) in pairwise(centres.items()):
        distance, rise = float(np.linalg.norm(np.subtract(above, below))), above[2] - below[2]
        if distance < LEAST_DISTANCE or rise < LEAST_RISE:
            found = f"{upper} and {lower} are {distance:.1f} mm apart, {rise:.1f} mm from below upwards"
            problems.append(f"{masks.path}: {found}; expected one name for each body")
    if problems:
        raise InputError(problems)
