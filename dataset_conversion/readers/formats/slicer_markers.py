"""The parts that 3D Slicer's two markup files have in common: axes, labels and descriptions."""

from collections.abc import Sequence

import numpy as np

from dataset_conversion.readers.file_per_case import Marker
from dataset_conversion.readers.remarks import parse_comment, parse_remark
from dataset_conversion.spine.errors import InputError, shorten

# Slicer before 4.11 wrote numbers: 0 for RAS, 1 for LPS.
_TO_LPS = {"LPS": (1, 1, 1), "RAS": (-1, -1, 1), "1": (1, 1, 1), "0": (-1, -1, 1)}


def read_axes(system: str) -> tuple[int, int, int]:
    """The signs that bring x, y and z to LPS.

    Raises:
        InputError: If it is not a coordinate system of the patient.
    """
    if system not in _TO_LPS:
        raise InputError(f"coordinate system is {shorten(system)!r}; expected LPS or RAS")
    return _TO_LPS[system]


def left_out_as(status: str) -> str:
    """The reason why a point with this status of its position is not used."""
    return f"has the position status {status!r}: it was not placed and is left out"


def to_marker(label: str, description: str, position: Sequence[float], axes: tuple[int, int, int]) -> Marker:
    """One control point. Its grade can be given in the label ("L1:2") or in the description ("2 wedge").

    Raises:
        InputError: If the label is not a level, the description has a number that is not a grade, or the two
            contradict each other.
    """
    remark = parse_remark(label)
    comment = parse_comment(description, remark.level)
    if comment is not None:
        if remark.grade not in (None, comment.grade):
            raise InputError(f"label {shorten(label)!r} and description {shorten(description)!r}; expected one grade")
        remark = comment if remark.shape is None else remark
    x, y, z = np.multiply(position, axes)
    return Marker.of((float(x), float(y), float(z)), remark)
