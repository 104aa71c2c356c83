"""nnU-Net's cubic resampling, with one banded matrix per axis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from vf_nnunet.inference.weights import FloatArray

NEGLIGIBLE_WEIGHT = 1e-7
"""Weights below this are dropped. A cubic spline's weights fall by a factor of 0.27 per voxel; after fifteen voxels
they are below the precision of float32."""
BLOCK_ROWS = 64
"""Output voxels per matrix product: enough to be fast, few enough that the matrix is not mostly zeros."""
SLAB_PLANES = 16
"""Planes that are resampled along y and x at a time, so that the whole image never exists at full size in float32."""


@dataclass(frozen=True)
class AxisResampling:
    """A linear map of one axis.

    Attributes:
        size: Voxels along the axis afterwards.
        blocks: For each block of outputs: the outputs, the inputs that they need, and the weights (outputs, inputs).
    """

    size: int
    blocks: tuple[tuple[slice, slice, FloatArray], ...]

    def apply(self, array: FloatArray, axis: int, target: FloatArray | None = None) -> FloatArray:
        """Resample one axis of `array` (z, y, x), into `target` if that is given; it must be contiguous."""
        shape = (*array.shape[:axis], self.size, *array.shape[axis + 1 :])
        resampled = np.empty(shape, dtype=np.float32) if target is None else target
        if axis == array.ndim - 1:
            rows, new_rows = array.reshape(-1, array.shape[axis]), resampled.reshape(-1, self.size)
            for outputs, inputs, weights in self.blocks:
                np.matmul(rows[:, inputs], weights.T, out=new_rows[:, outputs])
            return resampled
        before = int(np.prod(array.shape[:axis]))
        source = array.reshape(before, array.shape[axis], -1)
        new_source = resampled.reshape(before, self.size, -1)
        for outputs, inputs, weights in self.blocks:
            np.matmul(weights, source[:, inputs], out=new_source[:, outputs])
        return resampled

    def inputs_of(self, outputs: slice) -> slice:
        """The range of inputs that a range of outputs needs."""
        needed = [inputs for rows, inputs, _ in self.blocks if rows.start < outputs.stop and rows.stop > outputs.start]
        return slice(min(inputs.start for inputs in needed), max(inputs.stop for inputs in needed))

    def apply_to_planes(self, planes: FloatArray, first: int, outputs: slice) -> FloatArray:
        """Resample a part of the first axis.

        Args:
            planes: The inputs from `first` on, as many as `outputs` need: (z, y, x).
            first: Number of the first of them.
            outputs: The outputs to compute.
        """
        resampled = np.empty((outputs.stop - outputs.start, *planes.shape[1:]), dtype=np.float32)
        source, target = planes.reshape(len(planes), -1), resampled.reshape(len(resampled), -1)
        for rows, inputs, weights in self.blocks:
            start, stop = max(rows.start, outputs.start), min(rows.stop, outputs.stop)
            if start < stop:
                np.matmul(
                    weights[start - rows.start : stop - rows.start],
                    source[inputs.start - first : inputs.stop - first],
                    out=target[start - outputs.start : stop - outputs.start],
                )
        return resampled


def cubic(size: int, new_size: int) -> AxisResampling | None:
    """Interpolate with cubic splines, edge to edge; border voxels are repeated beyond the image.

    Does what `skimage.transform.resize(order=3, mode="edge", anti_aliasing=False)` does along an axis.

    Returns:
        None if the size does not change.
    """
    if size == new_size:
        return None
    unit_vectors = np.eye(size)
    matrix = ndimage.zoom(unit_vectors, (new_size / size, 1.0), order=3, mode="nearest", grid_mode=True)
    return _banded(matrix)


def nearest(size: int, new_size: int) -> AxisResampling | None:
    """Take the nearest voxel, edge to edge, as nnU-Net does along the axis of thick slices.

    Returns:
        None if the size does not change.
    """
    if size == new_size:
        return None
    return _banded(np.eye(size)[nearest_voxels(size, new_size)])


def nearest_voxels(size: int, new_size: int) -> npt.NDArray[np.intp]:
    """For each output voxel of an axis the nearest input voxel, edge to edge, as nnU-Net chooses thick slices."""
    # The order of operations is nnU-Net's; it decides which slice is taken halfway between two.
    positions = size / new_size * (np.arange(new_size) + 0.5) - 0.5
    chosen = np.clip(np.floor(positions + 0.5), 0, size - 1)
    return np.asarray(chosen, dtype=np.intp)


def resampled_slabs(
    image: npt.NDArray[Any], axes: Sequence[AxisResampling | None], planes: int
) -> Iterator[tuple[slice, FloatArray]]:
    """Resample each axis of an image and yield the result from the first plane to the last, some planes at a time.

    Neither the image nor the result exists at full size in float32.

    Args:
        image: (z, y, x), of any number type.
        axes: For each axis its resampling, or None to leave it as it is.
        planes: Planes of the result to yield at a time; the last slab may have fewer.

    Yields:
        The planes' place along z, and the planes in float32.
    """
    if 0 in image.shape:
        raise ValueError(f"image of shape {image.shape}; expected at least one voxel on each axis")
    along_z, along_y, along_x = axes
    size, *sizes = (old if along is None else along.size for old, along in zip(image.shape, axes, strict=True))
    places = [slice(start, min(start + planes, size)) for start in range(0, size, planes)]
    needed = [place if along_z is None else along_z.inputs_of(place) for place in places]
    # Planes that one slab and the next need are computed once; they move to the buffer's beginning.
    buffer = np.empty((max(inputs.stop - inputs.start for inputs in needed), *sizes), dtype=np.float32)
    first = done = 0
    for place, inputs in zip(places, needed, strict=True):
        kept = max(done - inputs.start, 0)
        buffer[:kept] = buffer[inputs.start - first : inputs.start - first + kept]
        first, done = inputs.start, inputs.stop
        used = buffer[: done - first]
        _in_plane(image[first + kept : done], along_y, along_x, used[kept:])
        yield place, used.copy() if along_z is None else along_z.apply_to_planes(used, first, place)


def _in_plane(
    image: npt.NDArray[Any], along_y: AxisResampling | None, along_x: AxisResampling | None, resampled: FloatArray
) -> None:
    """Resample planes along y and x into `resampled`."""
    for start in range(0, image.shape[0], SLAB_PLANES):
        slab = image[start : start + SLAB_PLANES].astype(np.float32)
        target = resampled[start : start + SLAB_PLANES]
        slab = slab if along_x is None else along_x.apply(slab, 2)
        if along_y is None:
            target[:] = slab
        else:
            along_y.apply(slab, 1, target)


def _banded(matrix: npt.NDArray[np.float64]) -> AxisResampling:
    blocks = []
    for start in range(0, len(matrix), BLOCK_ROWS):
        rows = matrix[start : start + BLOCK_ROWS]
        used = np.flatnonzero((np.abs(rows) > NEGLIGIBLE_WEIGHT).any(axis=0))
        inputs = slice(int(used[0]), int(used[-1]) + 1)
        weights = np.ascontiguousarray(rows[:, inputs], dtype=np.float32)
        blocks.append((slice(start, start + len(rows)), inputs, weights))
    return AxisResampling(len(matrix), tuple(blocks))
