"""3D Slicer's older fiducial files, `case.fcsv`: comment lines with the axes and the columns, then one point per line.

See slicer.readthedocs.io, "Markups fiducial point list file format". Slicer 5 adds two cells without a name to each
line, the first of which is the position's status. Points whose position is not defined are left out.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from dataset_conversion.readers.file_per_case import Marker, case_file_format, read_rows
from dataset_conversion.readers.formats.slicer_markers import read_axes, to_marker
from dataset_conversion.spine.errors import InputError, read_all
from dataset_conversion.spine.geometry import ImageHeader

DEFAULT_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
DEFINED = "2"
"""Status of a position that the user has set (vtkMRMLMarkupsNode::PositionDefined)."""


def _read_case(file: Path, image: ImageHeader) -> list[Marker]:
    rows = read_rows(file, "Slicer's .fcsv")
    lines = [line for _, line in rows]
    columns = _setting(lines, "columns", DEFAULT_COLUMNS).split(",")
    try:
        axes = read_axes(_setting(lines, "CoordinateSystem", ""))
    except InputError as error:
        raise InputError(f"{file}: {error}, as in '# CoordinateSystem = LPS'") from error
    points = ((name, line) for name, line in rows if line.strip() and not line.startswith("#"))
    return read_all(points, lambda line: _read_line(line, columns, axes))


def _setting(lines: Sequence[str], name: str, default: str) -> str:
    """The value in a comment line such as `# CoordinateSystem = LPS`."""
    matches = (re.fullmatch(rf"#\s*{name}\s*=\s*(.*?)\s*", line) for line in lines)
    return next((match[1] for match in matches if match), default)


def _read_line(line: str, columns: Sequence[str], axes: tuple[int, int, int]) -> list[Marker]:
    """The line's marker, or nothing if its position is not defined."""
    cells = [cell.strip() for cell in next(csv.reader([line]))]
    row = dict(zip(columns, cells, strict=False))
    if (cells[len(columns) :] or [DEFINED])[0] != DEFINED:
        return []
    try:
        x, y, z = (float(row[axis]) for axis in "xyz")
        label = row["label"]
    except (KeyError, ValueError) as error:
        raise InputError(f"cannot be understood ({error!r}); expected x, y, z and label") from error
    return [to_marker(label, row.get("desc", ""), (x, y, z), axes)]


FORMATS = (case_file_format("slicer-fcsv", (".fcsv",), _read_case),)
