"""Landmark lists, `case.lml`, as published with the spine CTs of SpineWeb (Glocker et al. 2013).

One header line, then lines `id  L1_center  x  y  z` separated by spaces. x, y, z are mm from the centre of the first
voxel along the stored axes, whatever the image's origin and direction.

Assumes:
    The image is stored on the axes it was annotated on, and the unit is mm: checked by the bone at the centroids and
    their distances. A header line, five cells, levels and numbers: checked here. That the file is complete: a last line
    that is cut within the decimals of its last number is not seen.
"""

from pathlib import Path

from dataset_conversion.readers.file_per_case import Marker, case_file_format, parse_coordinate, read_rows
from dataset_conversion.readers.interface import point_at
from dataset_conversion.readers.remarks import parse_remark
from dataset_conversion.spine.errors import InputError, read_all, shorten
from dataset_conversion.spine.geometry import ImageHeader

CELLS = 5


def _read_case(file: Path, image: ImageHeader) -> list[Marker]:
    header, *landmarks = read_rows(file, "a landmark list") or [(str(file), "")]
    if _is_landmark(header[1], image):
        raise InputError(
            f"{header[0]}: {shorten(header[1].strip())!r} is a landmark; expected the header line, which is not read"
        )
    return read_all(((name, line) for name, line in landmarks if line.strip()), lambda line: [_read_line(line, image)])


def _is_landmark(line: str, image: ImageHeader) -> bool:
    try:
        _read_line(line, image)
    except InputError:
        return False
    return True


def _read_line(line: str, image: ImageHeader) -> Marker:
    cells = line.split()
    try:
        if len(cells) != CELLS:
            raise ValueError(f"{len(cells)} cells")
        x, y, z = map(parse_coordinate, cells[2:])
    except ValueError as error:
        raise InputError(
            f"{shorten(line.strip())!r} cannot be understood ({shorten(str(error))}); expected id, name, x, y, z"
        ) from error
    depth, height, width = image.spacing
    return Marker.of(point_at((x / width, y / height, z / depth), image), parse_remark(cells[1]))


FORMATS = (case_file_format("lml", (".lml",), _read_case, on_voxels=True),)
