"""VerSe's centroid files as released for the two MICCAI challenges: millimetres, without `direction`.

- VerSe'19, `verse004_ctd.json`: X grows towards the feet, Y towards the back, Z towards the left, after the converter
  of Payer et al. 2020 (github.com/christianpayer/MedicalDataAugmentationTool-VerSe).
- VerSe'20, `GL003_CT_ax_iso-ctd.json`: X grows towards the back, Y towards the feet, Z towards the right, from the
  anterior, superior, left corner (the challenge's wiki, osf.io/b2wxj).

Both are counted from the centre of the first voxel here. The releases do not say whether they count from there or from
its corner; Payer's converter differs by one voxel along X. The content of a file does not tell the two formats apart,
so the user chooses by name.

Assumes:
    Millimetres along the directions of the format's name: checked by the rival format, the bone at the centroids and
    their distances.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from dataset_conversion.readers.file_per_case import LeftOut, Marker, case_files, read_case_files
from dataset_conversion.readers.formats.verse import (
    AXIS_OF_CODE,
    ENDINGS,
    lacks_direction,
    load_content,
    marker_at,
    parse_entries,
)
from dataset_conversion.readers.interface import AnnotationFormat, Annotations
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, ImageHeader, axis_codes

DIRECTIONS = {"verse19-miccai": "IPL", "verse20-miccai": "PIR"}
"""The directions in which X, Y and Z grow in each format."""


def read(name: str, path: Path, images: Mapping[str, ImageHeader]) -> Annotations:
    """Read one centroid file of the format `name`, or all centroid files below a folder; see `verse.read`.

    Raises:
        InputError: If files are invalid or a case has more than one file; the problems of all files at once.
    """
    return read_case_files(ENDINGS, partial(_read_case, DIRECTIONS[name]), path, images)


def _read_case(direction: str, file: Path, image: ImageHeader) -> list[Marker | LeftOut]:
    content = load_content(file)
    if not lacks_direction(content):
        raise InputError(
            f"{file}: does not begin with a vertebra; expected a challenge's file (otherwise use format verse)"
        )
    spacing = _spacing_along(direction, image)
    entries, left_out = parse_entries(file, content)
    markers = (marker_at(level, millimetres / spacing, direction, image) for level, millimetres in entries)
    return [*markers, *left_out]


def _spacing_along(direction: str, image: ImageHeader) -> FloatArray:
    """The image's spacing in mm along each of three directions."""
    axes = zip(axis_codes(image.affine), image.spacing[::-1], strict=True)
    step = {AXIS_OF_CODE[code]: spacing for code, spacing in axes}
    return np.array([step[AXIS_OF_CODE[code]] for code in direction])


def _matches(path: Path) -> bool:
    files = case_files(path, ENDINGS)
    try:
        return bool(files) and lacks_direction(load_content(files[0]))
    except InputError:
        return False


FORMATS = tuple(
    AnnotationFormat(name, _matches, partial(read, name), rivals=tuple(set(DIRECTIONS) - {name}), on_voxels=True)
    for name in DIRECTIONS
)
