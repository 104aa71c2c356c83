"""Slices of an uneven stack: which lie out of line, share a place, or leave out a part of the patient."""

from collections.abc import Sequence

import numpy as np

from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.image_source import ImageSource

LARGEST_GAP = 1.5
"""Largest distance of slices in slice thicknesses. Above it, parts of the patient are not in the image."""

_SAME = 1e-4


def check_places(source: ImageSource, ordered: Sequence[Slice], positions: FloatArray, tolerance: float) -> None:
    """Check that the slices lie on one line, each in a place of its own.

    Args:
        source: The series, for the messages.
        ordered: The slices along their normal.
        positions: Their positions (n, 3) in LPS mm.
        tolerance: Largest distance from the line, and least distance of two places, in usual distances.

    Raises:
        InputError: If two slices share a place, or one lies beside the line of the others.
    """
    names = [found.name for found in ordered]
    steps = np.diff(positions, axis=0)
    distances = np.linalg.norm(steps, axis=1)
    apart = distances > _SAME
    typical = float(np.median(distances[apart])) if apart.any() else 0.0
    problems = _shared_places(names, distances, tolerance * typical)
    if not problems:
        problems = _beside_line(names, positions, tolerance * typical)
    if problems:
        raise InputError([f"{source}: {problem}" for problem in problems])


def check_gaps(source: ImageSource, ordered: Sequence[Slice], heights: FloatArray, tolerance: float) -> None:
    """Check that slices of varying distance leave out nothing of the patient.

    A slice shows its thickness. Where that is not known, it shows the distance of most slices.

    Args:
        source: The series, for the messages.
        ordered: The slices along their normal.
        heights: Their places (n,) along it in mm.
        tolerance: Excess of a distance that is rounding, as a share.

    Raises:
        InputError: If two neighbours are too far apart, with the millimetres that are missing between them.
    """
    gaps = np.diff(heights)
    typical = float(np.median(gaps))
    thickness = np.array([found.details.thickness or 0.0 for found in ordered])
    shown = (thickness[1:] + thickness[:-1]) / 2
    known = (thickness[1:] > 0) & (thickness[:-1] > 0)
    limits = np.where(known, LARGEST_GAP * np.maximum(shown, typical), (1 + tolerance) * typical)
    shown = np.where(known, np.maximum(shown, typical), typical)
    wide = [
        f"{gap:.3f} mm from {upper.name} to {lower.name} ({gap - seen:.3g} mm of the patient missing)"
        for upper, lower, gap, seen, limit in zip(ordered, ordered[1:], gaps, shown, limits, strict=False)
        if gap > limit
    ]
    if wide:
        raise InputError(
            f"{source}: {len(ordered)} slices, most {typical:.3f} mm apart, but {shortened_list(wide)}; expected even "
            "steps: a slice is missing or from another scan"
        )


def _shared_places(names: Sequence[str], distances: FloatArray, least: float) -> list[str]:
    """Pairs of slices in one place whose pixels differ; copies were dropped before."""
    pairs = [
        f"{upper} and {lower}"
        for upper, lower, distance in zip(names, names[1:], distances, strict=False)
        if distance <= least
    ]
    if not pairs:
        return []
    expected = "expected one slice per place: remove the one that is not of this scan"
    return [f"slices in one place with different pixels: {shortened_list(pairs)}; {expected}"]


def _beside_line(names: Sequence[str], positions: FloatArray, most: float) -> list[str]:
    """The slice that lies farthest from the straight line through most slices."""
    steps = np.diff(positions, axis=0)
    direction = np.median(steps / np.linalg.norm(steps, axis=1, keepdims=True), axis=0)
    direction /= np.linalg.norm(direction)
    beside = positions - np.outer(positions @ direction, direction)
    distances = np.linalg.norm(beside - np.median(beside, axis=0), axis=1)
    farthest = int(np.argmax(distances))
    if distances[farthest] <= most:
        return []
    return [
        f"{names[farthest]} lies {distances[farthest]:.3f} mm from its place in a straight stack of slices; expected "
        f"at most {most:.3f} mm: its position is wrong, or it is from another scan"
    ]
