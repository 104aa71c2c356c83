"""Drop copies of DICOM slices, as file managers and repeated exports make them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.images.dicom.files import ignored_violations
from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.spine.errors import InputError, first_line, shortened_list

_COMPARED = ("PixelData", "FloatPixelData", "RescaleSlope", "RescaleIntercept", "PixelRepresentation", "BitsStored")

Place = tuple[object, ...]


def drop_copies(folder: Path, slices: Sequence[Slice]) -> tuple[list[Slice], tuple[str, ...]]:
    """The slices without copies of others of their series, and a warning that names the copies.

    A copy lies in the same place and has the same stored pixels and scale; other elements may differ. Only files that
    share a place are read.

    Returns:
        The first file by name of each slice, in the given order, and the warnings.

    Raises:
        InputError: If a file that shares its place cannot be read.
    """
    first: dict[Place, list[Slice]] = {}
    copies: list[Slice] = []
    for found in sorted(slices, key=lambda one: (len(one.path.name), one.path.name)):
        place = _place(found)
        rivals = first.setdefault(place, []) if place is not None else []
        if any(_is_copy(found, rival) for rival in rivals):
            copies.append(found)
        else:
            rivals.append(found)
    if not copies:
        return list(slices), ()
    names = shortened_list(sorted(copy.path.name for copy in copies))
    warning = f"{folder}: dropped {len(copies)} {'copy' if len(copies) == 1 else 'copies'} of slices: {names}"
    return [found for found in slices if found not in copies], (warning,)


def drop_copied_series(folder: Path, slices: Sequence[Slice]) -> tuple[list[Slice], tuple[str, ...]]:
    """The slices without series that are copies of another under a new SeriesInstanceUID, and a warning for each.

    Raises:
        InputError: If a file of two series with the same places cannot be read.
    """
    series: dict[str, list[Slice]] = {}
    for found in sorted(slices, key=lambda one: (len(one.path.name), one.path.name)):
        series.setdefault(found.series, []).append(found)
    kept: list[str] = []
    warnings = []
    for name, members in series.items():
        original = next((other for other in kept if _same_images(members, series[other])), None)
        if original is None:
            kept.append(name)
        else:
            warnings.append(
                f"{folder}: dropped series {name} with {len(members)} slices, which has the same places and pixels as "
                f"{original}"
            )
    return [found for found in slices if found.series in kept], tuple(warnings)


def _same_images(members: Sequence[Slice], others: Sequence[Slice]) -> bool:
    places = [_by_place(part) for part in (members, others)]
    if not places[0] or places[0].keys() != places[1].keys() or len(members) != len(others):
        return False
    return all(_is_copy(found, places[1][place]) for place, found in places[0].items())


def _by_place(members: Sequence[Slice]) -> dict[Place, Slice]:
    """The slices by their places without the series; empty if two share a place or one has none."""
    places = {place[1:]: found for found in members if (place := _place(found)) is not None}
    return places if len(places) == len(members) else {}


def _place(found: Slice) -> Place | None:
    """Series, size and position; None for an image without a position."""
    if found.position is None or found.steps is None:
        return None
    numbers = np.round(np.concatenate([found.position, found.steps.ravel()]), 4)
    return (found.series, found.size, *numbers.tolist())


def _is_copy(found: Slice, other: Slice) -> bool:
    first, second = found.path, other.path
    if first.stat().st_size == second.stat().st_size and first.read_bytes() == second.read_bytes():
        return True
    return _content(first) == _content(second)


def _content(path: Path) -> tuple[Any, ...]:
    import pydicom

    try:
        with ignored_violations():
            header = pydicom.dcmread(path, force=True)
            return (header.file_meta.get("TransferSyntaxUID"), *(header.get(name) for name in _COMPARED))
    except Exception as error:  # pydicom's exceptions have no common base class
        raise InputError(f"{path}: cannot be read ({first_line(str(error))}); expected a complete slice") from error
