"""Landmark lists, `case.lml`, as published with the spine CTs of SpineWeb (Glocker et al. 2013).

One header line, then `id  L1_center  x  y  z` separated by spaces; x, y, z are mm from the centre of the first voxel
along the stored axes, whatever the image's origin and direction.
"""

from collections.abc import Mapping
from pathlib import Path

from dataset_conversion.readers.file_per_case import Marker, case_files, read_case_files, read_rows
from dataset_conversion.readers.interface import AnnotationFormat, Annotations, point_at
from dataset_conversion.readers.remarks import parse_remark
from dataset_conversion.spine.errors import InputError, read_all
from dataset_conversion.spine.geometry import ImageHeader

ENDINGS = (".lml",)
HEADER_LINES = 1
CELLS = 5


def read(path: Path, images: Mapping[str, ImageHeader]) -> Annotations:
    """Read one landmark list or every one below a folder.

    Raises:
        InputError: the problems of all files.
    """
    return read_case_files(path, ENDINGS, _read_case, images)


def _read_case(file: Path, image: ImageHeader) -> list[Marker]:
    landmarks = read_rows(file, "a landmark list")[HEADER_LINES:]
    return read_all(((name, line) for name, line in landmarks if line.strip()), lambda line: [_read_line(line, image)])


def _read_line(line: str, image: ImageHeader) -> Marker:
    cells = line.split()
    try:
        if len(cells) != CELLS:
            raise ValueError(f"{len(cells)} cells")
        x, y, z = map(float, cells[2:])
    except ValueError as error:
        raise InputError(f"{line.strip()!r} cannot be understood ({error}); expected id, name, x, y, z") from error
    remark = parse_remark(cells[1])
    depth, height, width = image.spacing
    point = point_at((x / width, y / height, z / depth), image)
    return Marker(point, remark.level, remark.grade, remark.shape)


def _matches(path: Path) -> bool:
    return bool(case_files(path, ENDINGS))


FORMATS = (AnnotationFormat("lml", _matches, read),)
