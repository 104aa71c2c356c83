"""The voxel grid of a case, and boxes of its voxels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.shapes.frames import Frame, Point

Array = npt.NDArray[np.float32]

Box = tuple[slice, slice, slice]
"""Slices (z, y, x) of a grid."""


@dataclass(frozen=True)
class Grid:
    """A voxel grid. Field coordinates are LPS mm from the centre of its first voxel.

    Attributes:
        shape: Number of voxels (z, y, x).
        spacing: Distance between voxels (z, y, x) in mm.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]

    @property
    def edge(self) -> float:
        """Width of the partial volume at a surface: the mean voxel edge in mm."""
        return float(np.mean(self.spacing))

    @property
    def whole(self) -> Box:
        """All voxels."""
        return slice(0, self.shape[0]), slice(0, self.shape[1]), slice(0, self.shape[2])

    def slabs(self, slices: int = 8, box: Box | None = None) -> Iterator[Box]:
        """Cut a box (default: all voxels) into slabs of a few slices, small enough for the processor's cache."""
        z, y, x = box or self.whole
        for start in range(z.start, z.stop, slices):
            yield slice(start, min(start + slices, z.stop)), y, x

    def part(self, box: Box) -> Grid:
        """The grid of the voxels of a box."""
        z, y, x = (part.stop - part.start for part in box)
        return Grid(shape=(z, y, x), spacing=self.spacing)

    def box(self, lowest: Point, highest: Point) -> Box:
        """The box between two points (x, y, z), clipped to the grid; it can be empty."""
        slices = []
        for low, high, size, step in zip(lowest[::-1], highest[::-1], self.shape, self.spacing, strict=True):
            start, stop = int(np.ceil(low / step)), int(np.floor(high / step)) + 1
            slices.append(slice(min(max(start, 0), size), min(max(stop, 0), size)))
        return slices[0], slices[1], slices[2]

    def box_around(self, centre: Point, reach: float) -> Box:
        """The box within `reach` mm of a point (x, y, z) along each axis."""
        return self.box(centre - reach, centre + reach)

    def points(self, box: Box) -> tuple[Array, Array, Array]:
        """Field coordinates x (1, 1, nx), y (1, ny, 1) and z (nz, 1, 1) of the voxels of a box."""
        z, y, x = (
            (np.arange(part.start, part.stop) * step).astype(np.float32)
            for part, step in zip(box, self.spacing, strict=True)
        )
        return x[None, None, :], y[None, :, None], z[:, None, None]

    def local(self, box: Box, origin: Point, frame: Frame) -> tuple[Array, Array, Array]:
        """Local coordinates u, v and w of the voxels of a box, each an array (nz, ny, nx)."""
        offsets = [axis - np.float32(start) for axis, start in zip(self.points(box), origin, strict=True)]
        return (
            _project(offsets, frame.left),
            _project(offsets, frame.posterior),
            _project(offsets, frame.up),
        )


def _project(offsets: list[Array], direction: Point) -> Array:
    x, y, z = (offset * np.float32(share) for offset, share in zip(offsets, direction, strict=True))
    return np.asarray(z + y + x, dtype=np.float32)


def enclosing_box(boxes: Sequence[Box]) -> Box:
    """The smallest box that contains all of the boxes."""
    z, y, x = (
        slice(min(part.start for part in parts), max(part.stop for part in parts)) for parts in zip(*boxes, strict=True)
    )
    return z, y, x


def within(box: Box, outer: Box) -> Box:
    """The indices of a box in the part of the grid that `outer` selects."""
    z, y, x = (
        slice(part.start - around.start, part.stop - around.start) for part, around in zip(box, outer, strict=True)
    )
    return z, y, x
