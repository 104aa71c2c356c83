"""Voxel indices and world points.

World points are LPS millimetres in the order (x, y, z). Arrays, and therefore voxel indices, are (z, y, x). An affine
maps a voxel index in the order (x, y, z) to a world point, as NIfTI's does, but into LPS instead of RAS.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]

# NIfTI's world is RAS: its first two axes point the other way.
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def world_to_index(affine: FloatArray, points: npt.ArrayLike) -> FloatArray:
    """Voxel indices (n, 3) in the order (z, y, x), not rounded, of world points (n, 3) in LPS mm."""
    points = np.atleast_2d(np.asarray(points, dtype=np.float64))
    index: FloatArray = (points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    return index[:, ::-1]


def index_to_world(affine: FloatArray, index: npt.ArrayLike) -> FloatArray:
    """World points (n, 3) in LPS mm of voxel indices (n, 3) in the order (z, y, x)."""
    index = np.atleast_2d(np.asarray(index, dtype=np.float64))
    world: FloatArray = index[:, ::-1] @ affine[:3, :3].T + affine[:3, 3]
    return world


def spacing(affine: FloatArray) -> FloatArray:
    """Distance in mm between neighbouring voxels along each array axis, (z, y, x)."""
    lengths: FloatArray = np.linalg.norm(affine[:3, :3], axis=0)
    return lengths[::-1]


def is_inside(shape: tuple[int, ...], index: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether indices (..., 3) fall within the grid, whose voxels reach half a voxel beyond their centres."""
    inside: npt.NDArray[np.bool_] = np.all((index >= -0.5) & (index <= np.asarray(shape) - 0.5), axis=-1)
    return inside
