"""MeVisLab's marker lists, XMarkerList in an XML file: points with or without names.

A file does not say whether `pos` holds world millimetres (LPS, as in DICOM) or voxel coordinates, which MeVisLab counts
from the first voxel's corner: its centre is (0.5, 0.5, 0.5). The user therefore chooses the format by name. Markers
without names take the levels of the case's grades.

Assumes:
    `pos` is in the space of the format's name: checked by the rival format, the bone at the centroids and their
    distances. The file is whole: checked by the XML parser. Markers without names belong to the graded levels from the
    head down: checked by their number only, so grades that are one level off are not seen.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.readers.file_per_case import Marker, case_files, parse_coordinate, read_case_files
from dataset_conversion.readers.interface import AnnotationFormat, Annotations, Point, point_at
from dataset_conversion.readers.remarks import parse_remark
from dataset_conversion.spine.errors import LONGEST, InputError, read_all, shorten
from dataset_conversion.spine.geometry import ImageHeader

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ENDINGS = (".xml",)
TAG = "XMarkerList"
VOXEL_CENTRE = 0.5

ToWorld = Callable[[Point, ImageHeader], Point]


def read(to_world: ToWorld, path: Path, images: Mapping[str, ImageHeader]) -> Annotations:
    """Read one marker list, or all marker lists below a folder.

    Args:
        to_world: Converts the numbers in `pos` to LPS mm.
        path: File or folder.
        images: Header of each image by case id.

    Raises:
        InputError: If a file is invalid; the problems of all files at once.
    """
    return read_case_files(ENDINGS, partial(_read_case, to_world), path, images)


def _world(position: Point, image: ImageHeader) -> Point:
    return position


def _voxel(position: Point, image: ImageHeader) -> Point:
    return point_at([value - VOXEL_CENTRE for value in position], image)


def _read_case(to_world: ToWorld, file: Path, image: ImageHeader) -> list[Marker]:
    lists = list(_parse(file).iter(TAG))
    if len(lists) != 1:
        raise InputError(f"{file}: {len(lists) or 'no'} {TAG}; expected one MeVisLab marker list")
    items = ((f"{file}: marker {number}", item) for number, item in enumerate(lists[0].iter("Item"), start=1))
    return read_all(items, lambda item: [_read_item(item, to_world, image)])


def _parse(file: Path) -> "Element":
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import parse

    try:
        root: Element = parse(file).getroot()
    except (OSError, ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InputError(
            f"{file}: cannot be read ({shorten(repr(error), LONGEST)}); expected a MeVisLab marker list"
        ) from error
    return root


def _read_item(item: "Element", to_world: ToWorld, image: ImageHeader) -> Marker:
    """One marker. `pos` is x, y, z and, for images with more axes, c, t and u."""
    text = item.findtext("pos") or ""
    try:
        x, y, z = (parse_coordinate(value) for value in text.split()[:3])
    except ValueError as error:
        raise InputError(f"pos is {shorten(text)!r}; expected x y z") from error
    name = (item.findtext(".//name") or "").strip()
    point = to_world((x, y, z), image)
    return Marker.of(point, parse_remark(name)) if name else Marker(point, None)


def _matches(path: Path) -> bool:
    return any(_holds_markers(file) for file in case_files(path, ENDINGS))


def _holds_markers(file: Path) -> bool:
    try:
        return f"<{TAG}".encode() in file.read_bytes()
    except OSError:
        return False


FORMATS = (
    AnnotationFormat("mevislab-world", _matches, partial(read, _world), rivals=("mevislab-voxel",)),
    AnnotationFormat("mevislab-voxel", _matches, partial(read, _voxel), rivals=("mevislab-world",), on_voxels=True),
)
