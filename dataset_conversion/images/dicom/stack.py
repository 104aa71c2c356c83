"""Stack the slices of a DICOM series to a volume."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.images.dicom.gaps import check_gaps, check_places
from dataset_conversion.images.dicom.resampling import SliceResampling, plan_resampling
from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.images.header_checks import SHEAR_TOLERANCE
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.image_source import ImageSource

MODALITIES = ("CT", "OT", "")
"""Accepted modalities. Converters write OT (other) or nothing."""

STEP_TOLERANCE = 0.1
"""Largest distance of a slice from its place in an even stack, in steps. Positions are often rounded to 0.1 mm."""

_SAME = 1e-4


@dataclass(frozen=True, eq=False)
class Stack:
    """The slices of a volume.

    Attributes:
        slices: In the order of the stored voxels, along their normal.
        affine: Voxel index (x, y, z) to LPS mm, 4x4.
        shape: Voxels (z, y, x).
        resampling: How the voxels come from the slices, if these are tilted or unevenly spaced; None if they are the
            slices' own.
    """

    slices: list[Slice]
    affine: FloatArray
    shape: tuple[int, int, int]
    resampling: SliceResampling | None = None


def stack_slices(source: ImageSource, slices: Sequence[Slice]) -> Stack:
    """Sort the slices along their normal, and find the grid of the volume.

    It is the grid of the slices if they are an even stack at right angles, or nearly. A stack that a tilted gantry has
    sheared, or whose slices have varying distances, is resampled once.

    Raises:
        InputError: If the slices are not one CT volume: localisers, colours, another modality, no position, different
            sizes or orientations, missing or duplicate slices. All problems at once.
    """
    problems = [f"{source}: {problem}" for problem in unfit(slices)]
    if problems:
        raise InputError(problems)
    steps, positions = _geometry(slices)
    normal = np.cross(*steps)
    order = np.argsort(positions @ normal, kind="stable")
    ordered, positions = [slices[number] for number in order], positions[order]
    step = (positions[-1] - positions[0]) / (len(slices) - 1)
    columns, rows = ordered[0].size
    is_even = _is_even(positions, step)
    if not is_even:
        check_places(source, ordered, positions, STEP_TOLERANCE)
        check_gaps(source, ordered, positions @ normal / np.linalg.norm(normal), STEP_TOLERANCE)
    if not is_even or _is_sheared(steps, step):
        resampling = plan_resampling(steps, positions, (rows, columns), is_even)
        return Stack(ordered, resampling.affine, resampling.shape, resampling)
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([*steps, step])
    affine[:3, 3] = positions[0]
    return Stack(ordered, affine, (len(ordered), rows, columns))


def unfit(slices: Sequence[Slice]) -> list[str]:
    """Reasons why the slices are not one volume, apart from the distances between them."""
    first = slices[0]
    others = sorted({found.modality for found in slices} - set(MODALITIES))
    violations: dict[str, Callable[[Slice], bool]] = {
        "are localisers; expected CT slices": lambda found: found.localiser,
        "have several values per voxel (colours); expected 1": lambda found: found.samples != 1,
        "hold several frames without places; expected one slice per file, or an enhanced image": lambda found: (
            found.frames != 1
        ),
        f"are of modality {', '.join(others)}; expected CT": lambda found: found.modality in others,
        "lack PixelSpacing, ImageOrientationPatient or ImagePositionPatient; expected all": lambda found: (
            not is_placed(found)
        ),
        f"differ from {first.name} in size, spacing or orientation; expected one grid": lambda found: (
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


def is_placed(found: Slice) -> bool:
    """Whether a slice says where it lies."""
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


def _is_even(positions: FloatArray, step: FloatArray) -> bool:
    places = positions[0] + np.arange(len(positions))[:, np.newaxis] * step
    length = float(np.linalg.norm(step))
    off = float(np.linalg.norm(positions - places, axis=1).max())
    return length > 0 and off <= STEP_TOLERANCE * length


def _is_sheared(steps: FloatArray, step: FloatArray) -> bool:
    directions = [steps[0], steps[1], step]
    units = [direction / np.linalg.norm(direction) for direction in directions]
    return max(abs(float(units[2] @ units[0])), abs(float(units[2] @ units[1]))) > SHEAR_TOLERANCE
