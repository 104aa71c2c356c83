"""3D Slicer's older fiducial files, `case.fcsv`: comment lines with the axes and the columns, then one point per line.

See slicer.readthedocs.io, "Markups fiducial point list file format". Slicer 5 adds two cells without a name to each
line, the first of which is the position's status. Points whose position is not defined are left out with a warning. A
line with any other number of cells is a problem: a comma in a description must stand in quotes.

Assumes:
    The unit is mm and the header's space is right: checked by the bone at the centroids and their distances. One
    coordinate system and one list of columns, cells, numbers and null characters: checked here. A point that `#` makes
    a comment is not seen.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from dataset_conversion.readers.file_per_case import LeftOut, Marker, case_file_format, parse_coordinate, read_rows
from dataset_conversion.readers.formats.slicer_markers import left_out_as, read_axes, to_marker
from dataset_conversion.spine.errors import LONGEST, InputError, read_all, shorten
from dataset_conversion.spine.geometry import ImageHeader

DEFAULT_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
STATUS = {"0": "undefined", "1": "preview", "2": "defined", "3": "missing"}
"""Statuses of a position (vtkMRMLMarkupsNode::PositionStatus)."""
EXTRA_CELLS = 2
"""Cells without a name that Slicer 5 adds."""


def _read_case(file: Path, image: ImageHeader) -> list[Marker | LeftOut]:
    rows = read_rows(file, "Slicer's .fcsv")
    lines = [line for _, line in rows]
    try:
        columns = [name.strip() for name in _setting(lines, "columns", DEFAULT_COLUMNS).split(",")]
        axes = read_axes(_setting(lines, "CoordinateSystem", ""))
    except InputError as error:
        raise InputError(f"{file}: {error}, as in '# CoordinateSystem = LPS'") from error
    points = ((name, line) for name, line in rows if line.strip() and not line.startswith("#"))
    return read_all(points, lambda line: _read_line(line, columns, axes))


def _setting(lines: Sequence[str], name: str, default: str) -> str:
    """The value in a comment line such as `# CoordinateSystem = LPS`."""
    matches = (re.fullmatch(rf"#\s*{name}\s*=\s*(.*?)\s*", line) for line in lines)
    stated = sorted({match[1] for match in matches if match})
    if len(stated) > 1:
        raise InputError(f"{name} is {' and '.join(map(repr, map(shorten, stated)))}; expected one")
    return stated[0] if stated else default


def _read_line(line: str, columns: Sequence[str], axes: tuple[int, int, int]) -> list[Marker | LeftOut]:
    """The line's point."""
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        raise InputError(f"cannot be understood ({error}); expected cells separated by commas") from error
    row = dict(zip(columns, cells, strict=False))
    status = _status(cells, columns)
    if status != "defined":
        return [LeftOut(row.get("label") or "a point without a label", left_out_as(status))]
    try:
        x, y, z = (parse_coordinate(row[axis]) for axis in "xyz")
        label = row["label"]
    except (KeyError, ValueError) as error:
        raise InputError(
            f"cannot be understood ({shorten(repr(error), LONGEST)}); expected x, y, z and label"
        ) from error
    return [to_marker(label, row.get("desc", ""), (x, y, z), axes)]


def _status(cells: Sequence[str], columns: Sequence[str]) -> str:
    """Status of the position in a line."""
    if len(cells) == len(columns):
        return "defined"
    if len(cells) != len(columns) + EXTRA_CELLS:
        expected = f"{len(columns)}, or {len(columns) + EXTRA_CELLS} as Slicer 5 writes"
        raise InputError(f"{len(cells)} cells; expected {expected}, and quotes around a text with commas")
    status = cells[len(columns)]
    if status not in STATUS:
        raise InputError(
            f"status of the position is {shorten(status)!r}; expected 0 to 3, or quotes around a text with commas"
        )
    return STATUS[status]


FORMATS = (case_file_format("slicer-fcsv", (".fcsv",), _read_case),)
