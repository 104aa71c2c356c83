"""Beams: rods with an elliptic section that changes from end to end, joined smoothly to a solid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.shapes.frames import Frame, Point
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid, enclosing_box, within

_MARGIN = 3.0  # mm around a beam in which it still adds to the blend with its neighbours
_SHORTEST = 1e-3


@dataclass(frozen=True)
class Beam:
    """A beam with round ends between two points (u, v, w) of a local frame, in mm.

    Attributes:
        start: One end.
        end: The other end.
        across: A direction (u, v, w), not along the beam. The first half size is measured in the part of it that is
            perpendicular to the beam, the second perpendicular to both.
        sizes: The two half sizes at the start.
        end_sizes: The two half sizes at the end.
    """

    start: Point
    end: Point
    across: Point
    sizes: tuple[float, float]
    end_sizes: tuple[float, float]


def beam(
    start: Sequence[float],
    end: Sequence[float],
    across: Sequence[float],
    sizes: tuple[float, float],
    end_sizes: tuple[float, float] | None = None,
) -> Beam:
    """A beam; without `end_sizes`, it has the same section at both ends."""
    return Beam(
        start=np.array(start, dtype=np.float64),
        end=np.array(end, dtype=np.float64),
        across=np.array(across, dtype=np.float64),
        sizes=sizes,
        end_sizes=sizes if end_sizes is None else end_sizes,
    )


def solid_depth(grid: Grid, origin: Point, frame: Frame, beams: Sequence[Beam], rounding: float) -> tuple[Box, Array]:
    """The box that contains beams, and the depth of its voxels below their common surface in mm, positive inside.

    Args:
        grid: The voxels.
        origin: Origin (x, y, z) of the beams' frame in field coordinates.
        frame: Axes of the beams' frame.
        beams: The beams.
        rounding: Distance in mm over which the surfaces of two beams are blended.
    """
    axes = np.stack([frame.left, frame.posterior, frame.up])
    boxes = [_box(grid, origin, axes, one) for one in beams]
    whole = enclosing_box(boxes)
    depth = np.full([part.stop - part.start for part in whole], -2 * _MARGIN, dtype=np.float32)
    for box, one in zip(boxes, beams, strict=True):
        part = depth[within(box, whole)]
        if part.size:
            part[...] = smooth_maximum(part, _depth(grid, box, origin, axes, one), np.float32(rounding))
    return whole, depth


def smooth_maximum(first: Array, second: Array, radius: np.float32) -> Array:
    """The maximum of two depths, with the edge between them rounded over `radius` mm."""
    blend = np.maximum(radius - np.abs(first - second), 0)
    return np.asarray(np.maximum(first, second) + blend * blend / (4 * radius), dtype=np.float32)


def _box(grid: Grid, origin: Point, axes: Point, one: Beam) -> Box:
    reach = max(*one.sizes, *one.end_sizes) + _MARGIN
    ends = np.stack([one.start, one.end]) @ axes + origin
    return grid.box(ends.min(axis=0) - reach, ends.max(axis=0) + reach)


def _depth(grid: Grid, box: Box, origin: Point, axes: Point, one: Beam) -> Array:
    """Depth of each voxel below the surface of a beam in mm (first order), positive inside."""
    along = one.end - one.start
    length = max(float(np.linalg.norm(along)), _SHORTEST)
    along = along / length
    across = one.across - along * (one.across @ along)
    across /= np.linalg.norm(across)
    directions = np.stack([along, across, np.cross(along, across)]) @ axes
    start = origin + one.start @ axes
    x, y, z = (place - np.float32(first) for place, first in zip(grid.points(box), start, strict=True))
    t, p, q = (
        np.float32(direction[2]) * z + np.float32(direction[1]) * y + np.float32(direction[0]) * x
        for direction in directions
    )
    share = np.clip(t / np.float32(length), 0, 1)
    beyond = t - share * np.float32(length)
    first, second = (
        np.float32(size) + share * np.float32(end - size) for size, end in zip(one.sizes, one.end_sizes, strict=True)
    )
    smaller = np.minimum(first, second)
    radius = np.sqrt((p / first) ** 2 + (q / second) ** 2 + (beyond / smaller) ** 2)
    return np.asarray((1 - radius) * smaller, dtype=np.float32)
