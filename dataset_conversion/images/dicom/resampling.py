"""Tilted and unevenly spaced slices, resampled once to an even grid at right angles.

A tilted gantry shifts each slice against the next one within its plane, so the stack is sheared. The grid keeps the
planes, the directions and the spacing of the slices. Where the stack is even, a slice of the grid is a slice of the
series that is shifted by a part of a voxel, and nothing is interpolated between slices. Where distances vary, values
between two slices are weighted means of both.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.spine.bone.hounsfield import AIR
from dataset_conversion.spine.geometry import FloatArray

FINEST_SHARE = 25
"""Percentile of the distances of slices that becomes the distance on the grid: one that many slices have, and fine."""

_ROUNDING = 1e-3


@dataclass(frozen=True, eq=False)
class SliceResampling:
    """A grid at right angles for the slices of a series.

    Attributes:
        affine: Voxel index (x, y, z) of the grid to LPS mm, 4x4.
        shape: Voxels of the grid (z, y, x).
        offsets: Place (n, 2) of the first voxel of each slice in its plane of the grid, in voxels (y, x).
        heights: Place (n,) of each slice along the grid's z axis, in voxels.
        tilt: Angle between the stack and the normal of its slices, in degrees.
        sentence: What was done, for a warning.
    """

    affine: FloatArray
    shape: tuple[int, int, int]
    offsets: FloatArray
    heights: FloatArray
    tilt: float
    sentence: str

    def apply(self, array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """The voxels on the grid; air where there is no slice.

        Args:
            array: The slices' voxels (n, rows, columns) in HU.
        """
        whole = array.dtype.kind in "iu"
        result = np.empty(self.shape, array.dtype if whole else np.float32)
        planes: dict[int, FloatArray] = {}
        for number in range(self.shape[0]):
            below, weight = self._neighbour(number)
            used = (below, below + 1) if weight > _ROUNDING else (below,)
            planes = {one: planes[one] if one in planes else self._plane(array, one) for one in used}
            plane = planes[below] if len(used) == 1 else (1 - weight) * planes[below] + weight * planes[below + 1]
            result[number] = np.rint(plane) if whole else plane
        return result

    def _neighbour(self, number: int) -> tuple[int, float]:
        """The slice at or below a plane of the grid, and the weight of the one above."""
        last = len(self.heights) - 1
        if last == 0:
            return 0, 0.0
        below = int(np.clip(np.searchsorted(self.heights, number + _ROUNDING, side="right") - 1, 0, last - 1))
        weight = (number - self.heights[below]) / (self.heights[below + 1] - self.heights[below])
        if weight >= 1 - _ROUNDING:
            return below + 1, 0.0
        return below, float(np.clip(weight, 0, 1))

    def _plane(self, array: npt.NDArray[np.generic], number: int) -> FloatArray:
        """A slice in its plane of the grid, shifted by cubic splines, within the limits of its own values."""
        rows, columns = array.shape[1:]
        whole = np.floor(self.offsets[number] + _ROUNDING).astype(int)
        part = self.offsets[number] - whole
        source = np.pad(array[number].astype(np.float32), ((0, 1), (0, 1)), mode="edge")
        if part.max() > _ROUNDING:
            moved = ndimage.shift(source, part, order=3, mode="nearest")
            source = np.clip(moved, source.min(), source.max())
        plane = np.full(self.shape[1:], AIR, np.float32)
        # A voxel that no voxel of the slice covers by half is air.
        first = whole + (part > 0.5)
        start = first - whole
        extent = [min(rows, self.shape[1] - first[0]), min(columns, self.shape[2] - first[1])]
        plane[first[0] : first[0] + extent[0], first[1] : first[1] + extent[1]] = source[
            start[0] : start[0] + extent[0], start[1] : start[1] + extent[1]
        ]
        return plane


def plan_resampling(steps: FloatArray, positions: FloatArray, size: tuple[int, int], is_even: bool) -> SliceResampling:
    """The grid for slices that lie on one line.

    Args:
        steps: (2, 3), mm from one column to the next and from one row to the next, at right angles.
        positions: (n, 3), LPS mm of the first voxel of each slice, in the order of the normal.
        size: Rows and columns of a slice.
        is_even: Whether the slices have even distances.
    """
    spacing = np.linalg.norm(steps, axis=1)
    directions = steps / spacing[:, np.newaxis]
    normal = np.cross(*directions)
    normal /= np.linalg.norm(normal)
    heights = (positions - positions[0]) @ normal
    gaps = np.diff(heights)
    distance = float(heights[-1] / (len(heights) - 1) if is_even else np.percentile(gaps, FINEST_SHARE))
    # In the order (x, y), from the slice that lies farthest against the direction.
    offsets = (positions @ directions.T) / spacing
    lowest = offsets.min(axis=0)
    offsets = offsets - lowest
    count = len(heights) if is_even else int(np.floor(heights[-1] / distance + _ROUNDING)) + 1
    added = np.ceil(offsets.max(axis=0) - _ROUNDING).astype(int).clip(0)
    tilt = _angle(positions, normal)
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([*steps, normal * distance])
    affine[:3, 3] = positions[0] @ normal * normal + (lowest * spacing) @ directions
    return SliceResampling(
        affine=affine,
        shape=(count, size[0] + int(added[1]), size[1] + int(added[0])),
        offsets=offsets[:, ::-1],
        heights=np.arange(count, dtype=float) if is_even else heights / distance,
        tilt=tilt,
        sentence=_sentence(gaps, distance, is_even, tilt),
    )


def _angle(positions: FloatArray, normal: FloatArray) -> float:
    """Angle between the stack and the normal of its slices, in degrees."""
    along = positions[-1] - positions[0]
    cosine = abs(float(along @ normal)) / float(np.linalg.norm(along))
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


def _sentence(gaps: FloatArray, distance: float, is_even: bool, tilt: float) -> str:
    found = []
    if tilt > 0.5:
        found.append(f"sheared by {tilt:.1f} degrees (gantry tilt)")
    if not is_even:
        found.append(f"slices {gaps.min():.4g} to {gaps.max():.4g} mm apart")
    return f"{', '.join(found) or 'an uneven stack'}; resampled once to right angles and {distance:.4g} mm"
