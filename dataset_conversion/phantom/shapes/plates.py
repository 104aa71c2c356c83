"""Plates: thin curved bones, such as the wing of an iliac bone and the blade of a scapula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid

FAR = -6.0
"""Depth of voxels that are not near a solid, in mm."""

_MARGIN = 4.0  # mm around a plate in which its depth is computed
_COARSE = 2.0  # mm between the nodes at which its surface is computed
_FINER = 4  # nodes of the table per such node
_OUTLINE = 96  # points on the smooth outline


@dataclass(frozen=True)
class Plate:
    """A curved plate of varying thickness with a smooth outline and round edges.

    Its surface is a smooth one through all of its points, and must not fold over when seen along the normal of the
    plane that fits the points best.

    Attributes:
        rim: (n, 4) x, y, z and half thickness of points along its outline, all in mm.
        inner: (m, 4) the same of points inside it.
    """

    rim: Point
    inner: Point

    @property
    def points(self) -> Point:
        """All points (n + m, 4)."""
        return np.concatenate([self.rim, self.inner])


@dataclass(frozen=True)
class _Table:
    """A plate in the plane that fits it best.

    Attributes:
        origin: A point (x, y, z) of the plane.
        axes: (3, 3) two directions in the plane and its normal, as rows.
        first: Place (2,) of the first node in the plane.
        values: (n, m, 4) at each node: height of the middle of the plate above the plane, half thickness, distance from
            the outline (positive inside), and cosine of the surface's slope.
    """

    origin: Point
    axes: Point
    first: Point
    values: Array


def plate_depth(grid: Grid, plate: Plate) -> tuple[Box, Array]:
    """The box that contains a plate, and the depth of its voxels below the surface in mm, positive inside.

    The depth is exact to first order near the plate, and `FAR` away from it.
    """
    points = plate.points
    reach = float(points[:, 3].max()) + _MARGIN
    box = grid.box(points[:, :3].min(axis=0) - reach, points[:, :3].max(axis=0) + reach)
    depth = np.full([part.stop - part.start for part in box], FAR, dtype=np.float32)
    if not depth.size:
        return box, depth
    table = _tabulate(plate, reach)
    heights = table.values[..., 0]
    for slab in grid.slabs(box=box):
        first = slab[0].start - box[0].start
        part = depth[first : first + slab[0].stop - slab[0].start]
        p, q, n = _local(grid, slab, table)
        near = (n > heights.min() - reach) & (n < heights.max() + reach)
        part[near] = np.maximum(_depth(table, p[near], q[near], n[near]), np.float32(FAR))
    return box, depth


def _local(grid: Grid, box: Box, table: _Table) -> tuple[Array, Array, Array]:
    offsets = [axis - np.float32(start) for axis, start in zip(grid.points(box), table.origin, strict=True)]
    x, y, z = offsets
    p, q, n = (np.float32(axis[2]) * z + np.float32(axis[1]) * y + np.float32(axis[0]) * x for axis in table.axes)
    return p, q, n


def _depth(table: _Table, p: Array, q: Array, n: Array) -> Array:
    rows, columns = (
        np.clip(np.rint((place - np.float32(first)) * (_FINER / _COARSE)).astype(np.intp), 0, size - 1)
        for place, first, size in zip((p, q), table.first, table.values.shape[:2], strict=True)
    )
    height, half, edge, cosine = table.values[rows, columns].T
    beyond = np.maximum(half - edge, 0)
    return np.asarray(half - np.sqrt(((n - height) * cosine) ** 2 + beyond * beyond), dtype=np.float32)


def _tabulate(plate: Plate, reach: float) -> _Table:
    from scipy.interpolate import RBFInterpolator
    from scipy.ndimage import zoom

    points = plate.points
    origin = points[:, :3].mean(axis=0)
    axes = np.linalg.svd(points[:, :3] - origin)[2]
    flat = (points[:, :3] - origin) @ axes.T
    outline = _smooth_outline(flat[: len(plate.rim), :2])
    first = outline.min(axis=0) - reach
    counts = np.ceil((outline.max(axis=0) + reach - first) / _COARSE).astype(int) + 1
    nodes = np.stack(np.meshgrid(*(np.arange(count) for count in counts), indexing="ij"), axis=-1) * _COARSE + first
    surface = RBFInterpolator(flat[:, :2], np.column_stack([flat[:, 2], points[:, 3]]))
    height, half = np.moveaxis(surface(nodes.reshape(-1, 2)).reshape(*counts, 2), -1, 0)
    half = np.clip(half, points[:, 3].min(), points[:, 3].max())
    slopes = np.gradient(height, _COARSE)
    cosine = 1 / np.sqrt(1 + slopes[0] ** 2 + slopes[1] ** 2)
    fields = [height, half, _distance_inside(outline, nodes), cosine]
    fine = [(count - 1) * _FINER + 1 for count in counts]
    values = [zoom(field, np.divide(fine, counts), order=1) for field in fields]
    return _Table(origin, axes, first, np.stack(values, axis=-1).astype(np.float32))


def _smooth_outline(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Points (k, 2) on a smooth closed line through corners (n, 2)."""
    from scipy.interpolate import CubicSpline

    closed = np.concatenate([corners, corners[:1]])
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    line = CubicSpline(lengths, closed, bc_type="periodic")
    return np.asarray(line(np.linspace(0, lengths[-1], _OUTLINE, endpoint=False)))


def _distance_inside(outline: npt.NDArray[np.float64], nodes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance of nodes (n, m, 2) from a closed outline (k, 2), positive inside."""
    starts, ends = outline, np.roll(outline, -1, axis=0)
    along = ends - starts
    offsets = nodes[..., None, :] - starts
    share = np.clip((offsets * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9), 0, 1)
    distance = np.linalg.norm(offsets - share[..., None] * along, axis=-1).min(axis=-1)
    above = (starts[:, 1] > nodes[..., None, 1]) != (ends[:, 1] > nodes[..., None, 1])
    crossing = starts[:, 0] + offsets[..., 1] * along[:, 0] / np.where(along[:, 1] == 0, 1e-9, along[:, 1])
    inside = np.count_nonzero(above & (nodes[..., None, 0] < crossing), axis=-1) % 2 == 1
    return np.asarray(np.where(inside, distance, -distance))
