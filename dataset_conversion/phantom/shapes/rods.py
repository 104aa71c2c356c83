"""Rods with round ends, single or joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid, enclosing_box, within

LONGEST = 30.0
"""Longest piece of a rod in mm. A long slanting rod would fill little of the box around it."""


@dataclass(frozen=True)
class Rod:
    """A rod with round ends between two points (x, y, z) in mm."""

    start: Point
    end: Point
    radius: float

    def pieces(self) -> list[Rod]:
        """Cut the rod into short pieces."""
        count = max(int(np.ceil(np.linalg.norm(self.end - self.start) / LONGEST)), 1)
        ends = np.linspace(self.start, self.end, count + 1)
        return [Rod(start, end, self.radius) for start, end in pairwise(ends)]


def polyline(points: Sequence[Point], radius: float) -> list[Rod]:
    """Rods that join successive points."""
    return [Rod(np.asarray(start), np.asarray(end), radius) for start, end in pairwise(points)]


def union_depth(grid: Grid, rods: Sequence[Rod]) -> tuple[Box, Array]:
    """The box that contains rods, and the depth of its voxels below their common surface in mm (positive inside)."""
    pieces = [piece for rod in rods for piece in rod.pieces()]
    boxes = [_box(grid, piece) for piece in pieces]
    whole = enclosing_box(boxes)
    depth = np.full([part.stop - part.start for part in whole], -np.inf, dtype=np.float32)
    for box, piece in zip(boxes, pieces, strict=True):
        part = depth[within(box, whole)]
        if part.size:
            np.maximum(part, piece.radius - _distance(grid.points(box), piece), out=part)
    return whole, depth


def _box(grid: Grid, rod: Rod) -> Box:
    reach = rod.radius + grid.edge
    return grid.box(np.minimum(rod.start, rod.end) - reach, np.maximum(rod.start, rod.end) + reach)


def _distance(points: tuple[Array, Array, Array], rod: Rod) -> Array:
    """Distance of each voxel from the axis of a rod."""
    axis = (rod.end - rod.start).astype(np.float32)
    x, y, z = (place - np.float32(first) for place, first in zip(points, rod.start, strict=True))
    share = np.clip((x * axis[0] + y * axis[1] + z * axis[2]) / max(float(axis @ axis), 1e-6), 0, 1)
    squares = (x - share * axis[0]) ** 2 + (y - share * axis[1]) ** 2 + (z - share * axis[2]) ** 2
    return np.asarray(np.sqrt(squares), dtype=np.float32)
