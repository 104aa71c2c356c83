"""The vertebra table as a source of annotations, with coordinates in one of three spaces.

The project's own tables are in LPS mm (format `csv`). The same columns in RAS mm (`csv-ras`) or as voxel indices along
the stored axes x, y, z (`csv-voxel`) must be chosen by name, because a table does not say which it is.

Assumes:
    Space and unit are those of the format's name: checked by the rival formats, by the bone at the centroids
    (`checks.spaces`) and by their distances (`checks.distances`). Voxel indices count from 0; indices from 1 are one
    voxel off, which is not checked. Header, cells, encoding, numbers, levels, grades and repetitions: checked by
    `vertebra_table`. Rows that are missing as a whole: only gaps and room in the image are seen (`checks.distances`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from dataset_conversion.readers.interface import AnnotationFormat, Annotations, Point, point_at
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table

ToLps = Callable[[Point, ImageHeader], Point]


def read(to_lps: ToLps, path: Path, images: Mapping[str, ImageHeader]) -> Annotations:
    """Read a vertebra table; see `vertebra_table` for the columns.

    Args:
        to_lps: Converts the table's coordinates to LPS mm.
        path: The table.
        images: Header of each image by case id.

    Raises:
        InputError: If the table is invalid; all problems at once.
    """
    rows = read_vertebra_table(path)
    vertebrae = (_moved(row, to_lps, images[row.case_id]) for row in rows if row.case_id in images)
    return Annotations(frozenset(row.case_id for row in rows), tuple(vertebrae), points=len(rows))


def _moved(row: Vertebra, to_lps: ToLps, image: ImageHeader) -> Vertebra:
    x, y, z = to_lps(row.centroid, image)
    return replace(row, x=x, y=y, z=z)


def _from_lps(point: Point, image: ImageHeader) -> Point:
    return point


def _from_ras(point: Point, image: ImageHeader) -> Point:
    x, y, z = point
    return -x, -y, z


def _is_table(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".csv"


def _never(path: Path) -> bool:
    """A format that must be chosen by name matches nothing."""
    return False


FORMATS = (
    AnnotationFormat("csv", _is_table, partial(read, _from_lps), rivals=("csv-ras", "csv-voxel")),
    AnnotationFormat("csv-ras", _never, partial(read, _from_ras), rivals=("csv", "csv-voxel")),
    AnnotationFormat("csv-voxel", _never, partial(read, point_at), rivals=("csv", "csv-ras"), on_voxels=True),
)
