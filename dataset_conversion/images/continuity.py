"""Slices that do not fit between their neighbours: swapped, from another scan, rescaled, damaged or doubled.

The body changes little from slice to slice, so the difference of two slices grows with their distance. Differences are
means over a grid of voxels in each slice, in HU.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import shortened_list
from dataset_conversion.spine.geometry import FloatArray

GRID = 64
"""Voxels along each axis of a slice that are compared, about."""

FOREIGN_RATIO = 1.5
"""A slice differs this many times more from both neighbours than these from each other. In small crops, an endplate
reaches 1.4."""

SWAPPED_RATIO = 1.15
"""Two neighbours each differ this many times more from the slice before or behind them than the other of the two."""

JUMP_RATIO = 3.5
"""Two neighbours differ this many times more than is usual near them."""

LEAST_EXCESS = 10.0
"""Least excess of a difference in HU. Smaller ones are noise."""

LEAST_JUMP = 40.0
"""Least excess of a difference in HU over the usual one."""

SCRAMBLED_RATIO = 3.0
"""Neighbours along one axis differ this many times more than along another, for each multiple of its distance."""

_BLOCK = 96
_NEAR = 5
_CLIP = (-1024, 1500)


def slice_warnings(array: npt.NDArray[Any], spacing: tuple[float, float, float]) -> list[str]:
    """What does not fit, one sentence each. Slices are numbered from 1.

    Args:
        array: HU of a CT in order (z, y, x).
        spacing: Distances of the voxels in mm (z, y, x).
    """
    if len(array) < 4:
        return []
    steps = [max(1, size // GRID) for size in array.shape[1:]]
    sample = np.clip(array[:, :: steps[0], :: steps[1]].reshape(len(array), -1), *_CLIP).astype(np.float32)
    next_one = np.abs(sample[1:] - sample[:-1]).mean(axis=1)
    next_but_one = np.abs(sample[2:] - sample[:-2]).mean(axis=1)
    found = {
        "differ from both neighbours more than these from each other; expected a slice between them: from another "
        "place, another scan, wrongly rescaled or damaged": _foreign(next_one, next_but_one),
        "fit better in the opposite order; expected the order of the body": _swapped(next_one, next_but_one),
        "differ much more than other neighbours; expected the same body: in the wrong order, incomplete or of two "
        "scans": _jumps(next_one),
        "have the same voxels; expected noise: one was copied": _doubled(array, next_one),
        "are constant; expected the patient: padding, or an incomplete file": _constant(array, sample),
    }
    return [
        *(
            f"slices {shortened_list(names)} of {len(array)} (from the feet) {words}"
            for words, names in found.items()
            if names
        ),
        *_scrambled(array, spacing),
    ]


def _scrambled(array: npt.NDArray[Any], spacing: tuple[float, float, float]) -> list[str]:
    """An axis along which neighbours have little in common, as if the sizes in the header were swapped."""
    middle = tuple(slice(max(0, (size - _BLOCK) // 2), (size + _BLOCK) // 2) for size in array.shape)
    block = np.clip(array[middle], *_CLIP).astype(np.float32)
    differences = [float(np.abs(np.diff(block, axis=axis)).mean()) for axis in range(3)]
    usual = int(np.argmin(differences))
    return [
        f"neighbours along axis {name} differ by {found:.0f} HU, along others by {differences[usual]:.0f}; expected an "
        "image that is continuous: sizes or the order of the axes may be wrong"
        for name, found, distance in zip("zyx", differences, spacing, strict=True)
        if found - LEAST_EXCESS > SCRAMBLED_RATIO * max(1.0, distance / spacing[usual]) * differences[usual]
    ]


def _foreign(next_one: FloatArray, next_but_one: FloatArray) -> list[str]:
    nearest = np.minimum(next_one[:-1], next_one[1:])
    is_foreign = (nearest > FOREIGN_RATIO * next_but_one) & (nearest - next_but_one > LEAST_EXCESS)
    return [str(number + 2) for number in np.flatnonzero(is_foreign)]


def _swapped(next_one: FloatArray, next_but_one: FloatArray) -> list[str]:
    ratios = [next_one[:-2] / (next_but_one[:-1] + 1), next_one[2:] / (next_but_one[1:] + 1)]
    return [f"{number + 2} and {number + 3}" for number in np.flatnonzero(np.minimum(*ratios) > SWAPPED_RATIO)]


def _jumps(next_one: FloatArray) -> list[str]:
    numbers = range(len(next_one))
    usual = np.array([np.median(next_one[max(0, number - _NEAR) : number + _NEAR + 1]) for number in numbers])
    is_jump = (next_one > JUMP_RATIO * usual) & (next_one - usual > LEAST_JUMP)
    return [f"{number + 1} and {number + 2}" for number in np.flatnonzero(is_jump)]


def _doubled(array: npt.NDArray[Any], next_one: FloatArray) -> list[str]:
    return [
        f"{number + 1} and {number + 2}"
        for number in np.flatnonzero(next_one == 0)
        if np.array_equal(array[number], array[number + 1]) and array[number].min() < array[number].max()
    ]


def _constant(array: npt.NDArray[Any], sample: FloatArray) -> list[str]:
    return [
        str(number + 1)
        for number in np.flatnonzero(sample.min(axis=1) == sample.max(axis=1))
        if array[number].min() == array[number].max()
    ]
