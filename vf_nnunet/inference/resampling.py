"""nnU-Net's cubic resampling as one sparse-banded matrix an axis, which a matrix product applies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from vf_nnunet.inference.weights import FloatArray

NEGLIGIBLE_WEIGHT = 1e-7
"""A cubic spline's weights fall by 0.27 a voxel; at fifteen voxels they are below float32's precision."""
BLOCK_ROWS = 64
"""Output voxels of one product: enough for a fast one, few enough that the band is not mostly zeros."""
SLAB_PLANES = 16
"""Planes resampled at a time within themselves, so that the whole image never exists at full size in float32."""


@dataclass(frozen=True)
class AxisResampling:
    """A linear map of one axis.

    Attributes:
        size: Voxels after it.
        blocks: For some outputs: which, the inputs that they need, and the weights (outputs, inputs).
    """

    size: int
    blocks: tuple[tuple[slice, slice, FloatArray], ...]

    def apply(self, array: FloatArray, axis: int) -> FloatArray:
        """`array` (z, y, x) with `axis` resampled."""
        shape = (*array.shape[:axis], self.size, *array.shape[axis + 1 :])
        resampled = np.empty(shape, dtype=np.float32)
        if axis == array.ndim - 1:
            rows, new_rows = array.reshape(-1, array.shape[axis]), resampled.reshape(-1, self.size)
            for outputs, inputs, weights in self.blocks:
                np.matmul(rows[:, inputs], weights.T, out=new_rows[:, outputs])
            return resampled
        before = int(np.prod(array.shape[:axis]))
        source = array.reshape(before, array.shape[axis], -1)
        target = resampled.reshape(before, self.size, -1)
        for outputs, inputs, weights in self.blocks:
            np.matmul(weights, source[:, inputs], out=target[:, outputs])
        return resampled


def cubic(size: int, new_size: int) -> AxisResampling | None:
    """Interpolation by cubic splines, edge to edge, the border voxels repeated beyond; None where nothing changes.

    What `skimage.transform.resize(order=3, mode="edge", anti_aliasing=False)` does along an axis.
    """
    if size == new_size:
        return None
    unit_vectors = np.eye(size)
    matrix = ndimage.zoom(unit_vectors, (new_size / size, 1.0), order=3, mode="nearest", grid_mode=True)
    return _banded(matrix)


def nearest(size: int, new_size: int) -> AxisResampling | None:
    """The nearest voxel, edge to edge, as nnU-Net resamples between thick slices; None where nothing changes."""
    if size == new_size:
        return None
    # In nnU-Net's order of operations, which decides what happens half way between two slices.
    positions = size / new_size * (np.arange(new_size) + 0.5) - 0.5
    chosen = np.clip(np.floor(positions + 0.5), 0, size - 1).astype(int)
    return _banded(np.eye(size)[chosen])


def resample(image: npt.NDArray[Any], axes: Sequence[AxisResampling | None]) -> FloatArray:
    """`image` (z, y, x) of any number type, each axis resampled by its member of `axes`; float32."""
    along_z, along_y, along_x = axes
    planes = None
    for start in range(0, image.shape[0], SLAB_PLANES):
        slab = image[start : start + SLAB_PLANES].astype(np.float32)
        for axis, resampling in ((2, along_x), (1, along_y)):
            slab = slab if resampling is None else resampling.apply(slab, axis)
        if planes is None:
            planes = np.empty((image.shape[0], *slab.shape[1:]), dtype=np.float32)
        planes[start : start + SLAB_PLANES] = slab
    if planes is None:
        raise ValueError(f"image of shape {image.shape}; wanted at least one voxel on each axis")
    return planes if along_z is None else along_z.apply(planes, 0)


def _banded(matrix: npt.NDArray[np.float64]) -> AxisResampling:
    blocks = []
    for start in range(0, len(matrix), BLOCK_ROWS):
        rows = matrix[start : start + BLOCK_ROWS]
        used = np.flatnonzero((np.abs(rows) > NEGLIGIBLE_WEIGHT).any(axis=0))
        inputs = slice(int(used[0]), int(used[-1]) + 1)
        weights = np.ascontiguousarray(rows[:, inputs], dtype=np.float32)
        blocks.append((slice(start, start + len(rows)), inputs, weights))
    return AxisResampling(len(matrix), tuple(blocks))
