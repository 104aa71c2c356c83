"""nnU-Net's resampling of labels, exactly, with arithmetic only where labels meet.

nnU-Net interpolates the indicator of each label linearly, and takes the label with the largest value. Of equal ones it
takes the nearest voxel's. Away from the borders between labels this is the nearest voxel's label. At the borders the
values are computed in the order in which scipy computes them, so that equal values are equal here too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from vf_nnunet.inference.resampling import nearest_voxels

IndexArray = npt.NDArray[np.intp]

CELLS = 100_000
"""Cells of 2 x 2 x 2 voxels that are computed at a time; limits the memory."""


@dataclass(frozen=True)
class LabelAxis:
    """Linear interpolation along one axis; all arrays have one entry per output voxel.

    Attributes:
        first: The input voxel before it.
        second: The input voxel after it.
        weights: Weights of the two.
        nearest: The nearest input voxel.
    """

    first: IndexArray
    second: IndexArray
    weights: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    nearest: IndexArray


def linear_axis(size: int, new_size: int) -> LabelAxis:
    """Interpolate linearly, edge to edge, as `skimage.transform.resize(order=1, mode="edge")` does."""
    shape, options = (new_size / size, 1.0), {"mode": "nearest", "grid_mode": True}
    matrix = ndimage.zoom(np.eye(size), shape, order=1, **options)
    chosen = ndimage.zoom(np.arange(size, dtype=float)[:, np.newaxis], shape, order=0, **options)[:, 0]
    first = np.argmax(matrix > 0, axis=1)
    second = np.minimum(first + 1, size - 1)
    rows = np.arange(new_size)
    after = np.where(second > first, matrix[rows, second], 0.0)
    return LabelAxis(first, second, (matrix[rows, first], after), chosen.astype(np.intp))


def slice_axis(size: int, new_size: int) -> LabelAxis:
    """Take the nearest voxel, as nnU-Net does along the axis of thick slices."""
    chosen = nearest_voxels(size, new_size)
    return LabelAxis(chosen, chosen, (np.ones(new_size), np.zeros(new_size)), chosen)


def resample_labels(labels: npt.NDArray[Any], shape: Sequence[int], separate: int | None) -> npt.NDArray[Any]:
    """Resample labels as nnU-Net's `resample_data_or_seg_to_shape(is_seg=True, order=1, order_z=0)` does.

    Args:
        labels: Whole numbers (z, y, x).
        shape: The new (z, y, x).
        separate: The axis of thick slices; None if there is none.
    """
    if labels.shape == tuple(shape):
        return labels
    axes = [
        (slice_axis if axis == separate else linear_axis)(old, new)
        for axis, (old, new) in enumerate(zip(labels.shape, shape, strict=True))
    ]
    resampled = _nearest_labels(labels, axes)
    for voxels in _border_voxels(labels, axes):
        resampled[voxels] = _winners(labels, axes, voxels, resampled[voxels])
    return resampled


def _nearest_labels(labels: npt.NDArray[Any], axes: Sequence[LabelAxis]) -> npt.NDArray[Any]:
    """The label of the nearest voxel. Only rows with labels are looked at; most have none."""
    z, y, x = (along.nearest for along in axes)
    labelled = np.asarray(labels.any(axis=2))
    numbers = np.cumsum(labelled).reshape(labelled.shape) - 1
    rows = labels[labelled].take(x, 1, mode="clip")
    nearest = np.zeros((len(z), len(y), len(x)), dtype=labels.dtype)
    chosen = labelled[z[:, np.newaxis], y]
    nearest[chosen] = rows[numbers[z[:, np.newaxis], y][chosen]]
    return nearest


def _border_voxels(labels: npt.NDArray[Any], axes: Sequence[LabelAxis]) -> Iterator[tuple[IndexArray, ...]]:
    """Output voxels (z, y, x) whose inputs have different labels."""
    shape = tuple(max(size - 1, 1) for size in labels.shape)
    cells = _mixed_cells(labels)
    # The last output voxels of an axis lie in its last cell, or beyond it.
    of_outputs = [np.minimum(along.first, size - 1) for along, size in zip(axes, shape, strict=True)]
    for start in range(0, len(cells), CELLS):
        voxels = _outputs_in(np.unravel_index(cells[start : start + CELLS], shape), of_outputs)
        if len(voxels[0]):
            yield voxels


def _mixed_cells(labels: npt.NDArray[Any]) -> IndexArray:
    """Flat indices of the cells of 2 x 2 x 2 voxels with different labels; an axis of one voxel has one cell."""
    found = []
    before = _extremes(labels[0])
    for z in range(max(len(labels) - 1, 1)):
        after = _extremes(labels[min(z + 1, len(labels) - 1)])
        mixed = np.minimum(before[0], after[0]) != np.maximum(before[1], after[1])
        found.append(np.flatnonzero(mixed) + z * mixed.size)
        before = after
    return np.concatenate(found)


def _extremes(plane: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Smallest and largest label of each 2 x 2 neighbouring voxels of a plane."""
    lowest = highest = plane
    if plane.shape[0] > 1:
        lowest, highest = np.minimum(plane[:-1], plane[1:]), np.maximum(plane[:-1], plane[1:])
    if plane.shape[1] > 1:
        lowest = np.minimum(lowest[:, :-1], lowest[:, 1:])
        highest = np.maximum(highest[:, :-1], highest[:, 1:])
    return lowest, highest


def _outputs_in(places: Sequence[IndexArray], of_outputs: Sequence[IndexArray]) -> tuple[IndexArray, ...]:
    """All output voxels in some cells; `of_outputs` holds, for each axis, the ascending cells of the outputs."""
    starts = [np.searchsorted(cells, place, "left") for cells, place in zip(of_outputs, places, strict=True)]
    stops = [np.searchsorted(cells, place, "right") for cells, place in zip(of_outputs, places, strict=True)]
    depth, height, width = (stop - start for start, stop in zip(starts, stops, strict=True))
    counts = depth * height * width
    cell = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(cell)) - np.repeat(np.cumsum(counts) - counts, counts)
    number, x = np.divmod(number, width[cell])
    z, y = np.divmod(number, height[cell])
    return tuple(start[cell] + offset for start, offset in zip(starts, (z, y, x), strict=True))


def _winners(
    labels: npt.NDArray[Any], axes: Sequence[LabelAxis], voxels: tuple[IndexArray, ...], nearest: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """The label with the largest interpolated indicator at each voxel; of equal ones the nearest, else the smallest."""
    corners = [
        labels[
            tuple((along.first, along.second)[side][at] for along, side, at in zip(axes, sides, voxels, strict=True))
        ]
        for sides in product((0, 1), repeat=3)
    ]
    values = np.unique([nearest, *corners])
    scores = np.zeros((len(values), len(nearest)))
    numbers = np.arange(len(nearest))
    for sides, found in zip(product((0, 1), repeat=3), corners, strict=True):
        z, y, x = (along.weights[side][at] for along, side, at in zip(axes, sides, voxels, strict=True))
        # The order of the products and sums is scipy's; it decides which values are equal.
        scores[np.searchsorted(values, found), numbers] += z * y * x
    of_nearest = scores[np.searchsorted(values, nearest), numbers]
    return np.where(of_nearest == scores.max(axis=0), nearest, values[scores.argmax(axis=0)])
