"""VerSe's subject-based centroid files, `sub-verse004_seg-subreg_ctd.json`.

A file holds one entry with the `direction` of the stored axes, and one entry per vertebra with voxel indices X, Y, Z
along these axes (Sekuboyina et al. 2021; github.com/anjany/verse). The releases for the two challenges, in millimetres
and without `direction`, are read by `verse_miccai`.

Assumes:
    X, Y and Z are voxel indices from 0 along `direction`, of bodies and not of whole vertebrae: checked by the bone at
    the centroids and their distances; indices from 1 are one voxel off, which is not checked. Labels, numbers and
    repeated keys: checked here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.label_maps.numberings import VERSE
from dataset_conversion.readers.file_per_case import (
    LeftOut,
    Marker,
    case_files,
    load_json,
    parse_coordinate,
    read_case_files,
)
from dataset_conversion.readers.interface import AnnotationFormat, Annotations, point_at
from dataset_conversion.spine.errors import LONGEST, InputError, shorten
from dataset_conversion.spine.geometry import FloatArray, ImageHeader, axis_codes

ENDINGS = ("_ctd.json", "-ctd.json")
COCCYX = 27
LEVEL_OF_LABEL: dict[int, str] = {
    **VERSE.levels,
    # The label is the whole sacrum; its centroid lies in the first sacral body.
    26: "S1",
}
AXIS_OF_CODE = {code: axis for axis, codes in enumerate(("RL", "AP", "IS")) for code in codes}
"""Number of the world axis along which a direction lies."""


def read(path: Path, images: Mapping[str, ImageHeader]) -> Annotations:
    """Read one centroid file, or all centroid files below a folder.

    The coccyx and entries whose coordinates are NaN are left out with a warning. Series of one subject share a patient.

    Raises:
        InputError: If files are invalid or a case has more than one file; the problems of all files at once.
    """
    return read_case_files(ENDINGS, _read_case, path, images)


def load_content(file: Path) -> Any:
    """The content of a JSON file.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        return load_json(file)
    except (OSError, ValueError, RecursionError) as error:
        raise _misread(file, error) from error


def lacks_direction(content: Any) -> bool:
    """Whether a file begins with a vertebra, as the challenges' files do."""
    return isinstance(content, list) and bool(content) and isinstance(content[0], dict) and "label" in content[0]


def parse_entries(file: Path, content: Sequence[Any]) -> tuple[list[tuple[str, FloatArray]], list[LeftOut]]:
    """Level and (X, Y, Z) of each vertebra; the coccyx and entries that are NaN are left out.

    Raises:
        InputError: If an entry is not a vertebra or its label is unknown.
    """
    try:
        entries = [_parse_entry(entry) for entry in content]
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise _misread(file, error) from error
    _check_labels(file, [label for label, _ in entries if label != COCCYX])
    vertebrae: list[tuple[str, FloatArray]] = []
    left_out: list[LeftOut] = []
    for label, position in entries:
        if label == COCCYX:
            left_out.append(LeftOut("the coccyx", "has no level and is left out"))
        elif np.isnan(position).any():
            left_out.append(LeftOut(LEVEL_OF_LABEL[label], "has coordinates that are NaN and is left out"))
        else:
            vertebrae.append((LEVEL_OF_LABEL[label], position))
    return vertebrae, left_out


def _parse_entry(entry: Any) -> tuple[int, FloatArray]:
    label = parse_coordinate(entry["label"])
    if not label.is_integer():
        raise ValueError(f"label {entry['label']!r}")
    return int(label), np.array([parse_coordinate(entry[axis]) for axis in "XYZ"])


def _check_labels(file: Path, labels: Sequence[int]) -> None:
    unknown = [label for label in labels if label not in LEVEL_OF_LABEL]
    if unknown:
        raise InputError([f"{file}: label {shorten(str(label))} is unknown; expected 1..28" for label in unknown])


def marker_at(level: str, index: FloatArray, direction: str, image: ImageHeader) -> Marker:
    """The marker at a voxel index along axes in `direction`, such as "PIR", which may differ from the image's axes."""
    size = image.shape[::-1]
    stored = np.empty(3)
    for axis, code in enumerate(axis_codes(image.affine)):
        source = next(i for i, other in enumerate(direction) if AXIS_OF_CODE[other] == AXIS_OF_CODE[code])
        flipped = direction[source] != code
        # The last voxel is size - 1: mirroring about it keeps a voxel's centre on a voxel's centre.
        stored[axis] = size[axis] - 1 - index[source] if flipped else index[source]
    return Marker(point_at(stored.tolist(), image), level)


def _read_case(file: Path, image: ImageHeader) -> list[Marker | LeftOut]:
    content = load_content(file)
    if lacks_direction(content):
        raise InputError(f"{file}: no direction; expected VerSe's subject-based form (the challenges' files have none)")
    direction = _parse_direction(file, content)
    entries, left_out = parse_entries(file, content[1:])
    return [*(marker_at(level, index, direction, image) for level, index in entries), *left_out]


def _parse_direction(file: Path, content: Any) -> str:
    try:
        direction = "".join(content[0]["direction"])
    except (LookupError, TypeError) as error:
        raise _misread(file, error) from error
    if sorted(AXIS_OF_CODE.get(code, -1) for code in direction) != [0, 1, 2]:
        raise InputError(f"{file}: direction is {shorten(direction)!r}; expected three axes such as 'PIR'")
    return direction


def _misread(file: Path, error: Exception) -> InputError:
    expected = "a list of a direction entry and entries with label, X, Y, Z"
    return InputError(f"{file}: not a VerSe centroid file ({shorten(repr(error), LONGEST)}); expected {expected}")


def _matches(path: Path) -> bool:
    """Whether the first file has a direction. A file that cannot be read also matches: `read` reports why."""
    files = case_files(path, ENDINGS)
    try:
        return bool(files) and not lacks_direction(load_content(files[0]))
    except InputError:
        return True


FORMATS = (AnnotationFormat("verse", _matches, read, on_voxels=True),)
