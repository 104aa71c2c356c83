"""Choose the CT series among the slices of a DICOM folder, and stack its slices to a volume."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.spine.errors import InputError, first_line, shortened_list
from dataset_conversion.spine.geometry import FloatArray

LEAST_SLICES = 10
"""Only a series with more slices than this can be the CT, if several series share a folder."""

AXIAL_COSINE = 0.7
"""Least cosine between the normal of an axial slice and the body's axis."""

MODALITIES = ("CT", "OT", "")
"""Accepted modalities. Converters write OT (other) or nothing."""

STEP_TOLERANCE = 0.1
"""Largest distance of a slice from its place in an even stack, in steps. Positions are often rounded to 0.1 mm."""

_SAME = 1e-4


def choose_series(folder: Path, slices: Sequence[Slice]) -> tuple[list[Slice], tuple[str, ...]]:
    """The slices of the folder's only series or only axial volume, and a warning if other series were skipped.

    Raises:
        InputError: If there is no image, or several series of which not exactly one is an axial volume.
    """
    series: dict[str, list[Slice]] = {}
    for found in slices:
        series.setdefault(found.series, []).append(found)
    if not series:
        raise InputError(f"{folder}: no DICOM image; expected the slices of one CT series")
    if len(series) == 1:
        return list(slices), ()
    listing = shortened_list([_name(members) for members in series.values()], 4, "; ")
    volumes = [members for members in series.values() if _is_axial_volume(members)]
    if len(volumes) != 1:
        raise InputError(f"{folder}: {len(series)} series ({listing}); expected one per folder")
    return volumes[0], (f"{folder}: {len(series)} series ({listing}); {_name(volumes[0])} is the only axial volume",)


def stack_slices(folder: Path, slices: Sequence[Slice]) -> tuple[list[Slice], FloatArray]:
    """Sort the slices along their normal.

    Returns:
        The sorted slices, and the affine of the volume: voxel index (x, y, z) to LPS mm.

    Raises:
        InputError: If the slices are not one CT volume: localisers, colours, another modality, no position, different
            sizes or orientations, missing or duplicate slices. All problems at once.
    """
    problems = [f"{folder}: {problem}" for problem in _unfit(slices)]
    if problems:
        raise InputError(problems)
    steps, positions = _geometry(slices)
    order = np.argsort(positions @ np.cross(*steps), kind="stable")
    ordered, positions = [slices[number] for number in order], positions[order]
    step = (positions[-1] - positions[0]) / (len(slices) - 1)
    _check_even(folder, ordered, positions, step)
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([*steps, step])
    affine[:3, 3] = positions[0]
    return ordered, affine


def _name(members: Sequence[Slice]) -> str:
    return f"{first_line(members[0].description or members[0].series, 60)!r} with {len(members)} slices"


def _is_axial_volume(members: Sequence[Slice]) -> bool:
    if len(members) <= LEAST_SLICES or any(_unfit(members)):
        return False
    steps, _ = _geometry(members)
    normal = np.cross(*steps)
    return bool(abs(normal[2]) >= AXIAL_COSINE * np.linalg.norm(normal))


def _unfit(slices: Sequence[Slice]) -> list[str]:
    """Reasons why the slices are not one volume, apart from the distances between them."""
    first = slices[0]
    others = sorted({found.modality for found in slices} - set(MODALITIES))
    violations: dict[str, Callable[[Slice], bool]] = {
        "are localisers; expected CT slices": lambda found: found.localiser,
        "have several values per voxel (colours); expected 1": lambda found: found.samples != 1,
        "hold several frames; expected one slice per file": lambda found: found.frames != 1,
        f"are of modality {', '.join(others)}; expected CT": lambda found: found.modality in others,
        "lack PixelSpacing, ImageOrientationPatient or ImagePositionPatient; expected all": lambda found: (
            not _placed(found)
        ),
        f"differ from {first.path.name} in size, spacing or orientation; expected one grid": lambda found: (
            not _same_grid(found, first)
        ),
    }
    counts = {description: sum(map(breaks, slices)) for description, breaks in violations.items()}
    problems = [
        f"{count} of {len(slices)} DICOM images {description}" for description, count in counts.items() if count
    ]
    if len(slices) == 1:
        problems.append("1 DICOM slice; expected a volume")
    return problems


def _placed(found: Slice) -> bool:
    return found.steps is not None and found.position is not None


def _same_grid(found: Slice, other: Slice) -> bool:
    if found.steps is None or other.steps is None:
        return True
    return found.size == other.size and bool(np.abs(found.steps - other.steps).max() < _SAME)


def _geometry(slices: Sequence[Slice]) -> tuple[FloatArray, FloatArray]:
    """The steps (2, 3) within the first slice and the positions (n, 3) of all slices, in LPS mm."""
    steps = [found.steps for found in slices if found.steps is not None]
    positions = [found.position for found in slices if found.position is not None]
    return steps[0], np.array(positions)


def _check_even(folder: Path, ordered: Sequence[Slice], positions: FloatArray, step: FloatArray) -> None:
    places = positions[0] + np.arange(len(ordered))[:, np.newaxis] * step
    length = float(np.linalg.norm(step))
    off = float(np.linalg.norm(positions - places, axis=1).max())
    if length > 0 and off <= STEP_TOLERANCE * length:
        return
    names = [found.path.name for found in ordered]
    steps = np.diff(positions, axis=0)
    gaps = np.linalg.norm(steps, axis=1)
    apart = gaps > _SAME
    typical = float(np.median(gaps[apart])) if apart.any() else 0.0
    along = steps @ np.median(steps[apart], axis=0) / typical if apart.any() else gaps
    problems = [*_shared_places(names, gaps, typical), *_missing_slices(names, along, typical)]
    problems = problems or [_farthest_slice(names, positions, typical)]
    raise InputError([f"{folder}: {problem}" for problem in problems])


def _shared_places(names: Sequence[str], gaps: FloatArray, typical: float) -> list[str]:
    """Pairs of slices in one place whose pixels differ; copies were dropped before."""
    pairs = [
        f"{upper} and {lower}"
        for upper, lower, gap in zip(names, names[1:], gaps, strict=False)
        if gap <= STEP_TOLERANCE * typical
    ]
    if not pairs:
        return []
    expected = "expected one slice per place: remove the one that is not of this scan"
    return [f"slices in one place with different pixels: {shortened_list(pairs)}; {expected}"]


def _missing_slices(names: Sequence[str], gaps: FloatArray, typical: float) -> list[str]:
    """Gaps that are wider than the distance of most slices."""
    wide = [
        f"{gap:.3f} mm from {upper} to {lower}"
        for upper, lower, gap in zip(names, names[1:], gaps, strict=False)
        if gap > (1 + STEP_TOLERANCE) * typical
    ]
    if not wide:
        return []
    return [
        f"{len(names)} slices, most {typical:.3f} mm apart, but {shortened_list(wide)}; expected even steps: "
        "a slice is missing or from another scan"
    ]


def _farthest_slice(names: Sequence[str], positions: FloatArray, typical: float) -> str:
    """The slice that lies farthest from its place in the straight, even stack that fits most slices."""
    numbers = np.arange(len(names))[:, np.newaxis]
    step = np.median(np.diff(positions, axis=0), axis=0)
    places = np.median(positions - numbers * step, axis=0) + numbers * step
    distances = np.linalg.norm(positions - places, axis=1)
    farthest = int(np.argmax(distances))
    return (
        f"{names[farthest]} lies {distances[farthest]:.3f} mm from its place in a stack of even steps of "
        f"{typical:.3f} mm; expected at most {STEP_TOLERANCE * typical:.3f} mm: its position is wrong, or it is from "
        "another scan"
    )
