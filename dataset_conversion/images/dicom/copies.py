"""Drop copies of DICOM slices, as file managers and repeated exports make them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.images.dicom.pixels import open_pixels, stored_values
from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.spine.errors import InputError, shortened_list

Place = tuple[object, ...]


def drop_copies(slices: Sequence[Slice]) -> tuple[list[Slice], tuple[str, ...]]:
    """The slices without copies of others of their series, and a sentence that names the copies.

    A copy lies in the same place and has the same stored pixels and scale; other elements may differ. Only files that
    share a place are read.

    Returns:
        The first file by name of each slice, in the given order, and the warnings.

    Raises:
        InputError: If a file that shares its place cannot be read.
    """
    copies = _copies(slices)
    if not copies:
        return list(slices), ()
    names = shortened_list(sorted(copy.name for copy in copies.values()))
    sentence = f"dropped {len(copies)} {'copy' if len(copies) == 1 else 'copies'} of slices: {names}"
    return [found for found in slices if id(found) not in copies], (sentence,)


def _copies(slices: Sequence[Slice]) -> dict[int, Slice]:
    """The slices that are copies of others, by their `id`."""
    first: dict[Place, list[Slice]] = {}
    copies: dict[int, Slice] = {}
    for found in sorted(slices, key=_in_order):
        place = _place(found)
        rivals = first.setdefault(place, []) if place is not None else []
        if any(_is_copy(found, rival) for rival in rivals):
            copies[id(found)] = found
        else:
            rivals.append(found)
    return copies


def are_copies(members: Sequence[Slice], others: Sequence[Slice]) -> bool:
    """Whether two series have the same images in the same places, as after a copy under a new SeriesInstanceUID.

    Raises:
        InputError: If a file of two series with the same places cannot be read.
    """
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


def _in_order(found: Slice) -> tuple[int, str, int]:
    """Names that are longer, such as `1 (copy).dcm`, come later."""
    return len(found.path.name), found.path.name, found.frame or 0


def _is_copy(found: Slice, other: Slice) -> bool:
    if found.frame == other.frame and _are_same_files(found, other):
        return True
    if (found.rescale, found.size) != (other.rescale, other.size):
        return False
    return bool(np.array_equal(_stored(found), _stored(other)))


def _are_same_files(found: Slice, other: Slice) -> bool:
    first, second = found.path, other.path
    return first.stat().st_size == second.stat().st_size and first.read_bytes() == second.read_bytes()


def _stored(found: Slice) -> npt.NDArray[Any]:
    try:
        return stored_values(open_pixels(found), found)
    except InputError as error:
        raise InputError(f"{found.path}: {error}") from error
