"""3D Slicer's markups, `case.mrk.json`: point lists with one label per vertebra.

See the schema of Slicer's Markups module, version 1 (Modules/Loadable/Markups/Resources/Schema). Its defaults are LPS,
mm and "defined". Points whose position is not defined, and markups other than point lists, are left out with a warning.

Assumes:
    No transform is left to apply, and the unit is mm, also where it is called `units`: checked here, as are numbers and
    repeated keys. That the coordinate system is right: checked by the bone at the centroids. A transform that Slicer
    keeps in its scene is not in the file; it is seen only by the bone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataset_conversion.readers.file_per_case import LeftOut, Marker, case_file_format, load_json, parse_coordinate
from dataset_conversion.readers.formats.slicer_markers import left_out_as, read_axes, to_marker
from dataset_conversion.spine.errors import LONGEST, InputError, read_all, shorten
from dataset_conversion.spine.geometry import ImageHeader

POINT_LISTS = frozenset({"Fiducial", "PointList"})
STATUSES = frozenset({"undefined", "preview", "defined", "missing"})


def _read_case(file: Path, image: ImageHeader) -> list[Marker | LeftOut]:
    try:
        markups = load_json(file)["markups"]
        lists = [markup for markup in markups if markup["type"] in POINT_LISTS]
        others = [str(markup["type"]) for markup in markups if markup["type"] not in POINT_LISTS]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(
            f"{file}: not a markups file ({shorten(repr(error), LONGEST)}); expected Slicer's .mrk.json"
        ) from error
    if not lists:
        raise InputError(f"{file}: no point list; expected markups of type Fiducial")
    named = ((f"{file}: point list {number}", markup) for number, markup in enumerate(lists, start=1))
    return [*read_all(named, _read_list), *(LeftOut(f"a markup of type {kind}", "is no point list") for kind in others)]


def _read_list(markup: Mapping[str, Any]) -> list[Marker | LeftOut]:
    axes = read_axes(str(markup.get("coordinateSystem", "LPS")))
    _check_millimetres(markup)
    points = markup.get("controlPoints", [])
    if not isinstance(points, list):
        raise InputError(f"controlPoints is {type(points).__name__}; expected a list")
    numbered = ((f"point {number}", point) for number, point in enumerate(points, start=1))
    return read_all(numbered, lambda point: _read_point(point, axes))


def _check_millimetres(markup: Mapping[str, Any]) -> None:
    """Check the unit, by the schema's name or a usual one, and that no transform is left to apply."""
    for key in ("coordinateUnits", "units"):
        units = markup.get(key, "mm")
        if units not in ("mm", ["mm", "mm", "mm"]):
            raise InputError(f"{key} is {shorten(repr(units))}; expected 'mm'")
    transforms = [key for key, value in markup.items() if "transform" in key.lower() and value]
    if transforms:
        raise InputError(f"{transforms[0]} is given; expected points with their transform applied (hardened)")


def _read_point(point: Any, axes: tuple[int, int, int]) -> list[Marker | LeftOut]:
    """One point of a list."""
    try:
        label, description = str(point.get("label", "")), str(point.get("description", ""))
        status = point.get("positionStatus", "defined")
        if status not in STATUSES:
            raise ValueError(f"positionStatus {status!r}")
        if status != "defined":
            return [LeftOut(label or "a point without a label", left_out_as(status))]
        x, y, z = map(parse_coordinate, point["position"])
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"cannot be understood ({shorten(repr(error), LONGEST)}); expected label and position [x, y, z]"
        ) from error
    return [to_marker(label, description, (x, y, z), axes)]


FORMATS = (case_file_format("slicer-json", (".mrk.json",), _read_case),)
