"""Position segments in an image and cut them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vf_nnunet.network.reflection import reflected_indices


@dataclass(frozen=True)
class SegmentGeometry:
    """Size of the segments and where they may lie.

    Attributes:
        size: (z, y, x) voxels that the network reads.
        context: (z, y, x) voxels at each side of a segment that are read and not predicted.
        reflected_border: Voxels beyond the image that a segment may reach into.
    """

    size: tuple[int, int, int]
    context: tuple[int, int, int]
    reflected_border: int = 0

    @property
    def predicted_size(self) -> tuple[int, int, int]:
        """(z, y, x) voxels of a segment that are predicted."""
        z, y, x = (size - 2 * margin for size, margin in zip(self.size, self.context, strict=True))
        return z, y, x

    def start_range(self, axis: int, voxels: int) -> tuple[int, int]:
        """First and last start of a segment on an axis of `voxels`; one larger than the image is centred on it."""
        lowest, highest = -self.reflected_border, voxels + self.reflected_border - self.size[axis]
        if highest < lowest:
            lowest = highest = -((self.size[axis] - voxels) // 2)
        return lowest, highest

    def predicted_range(self, axis: int, voxels: int) -> tuple[int, int]:
        """Start and stop of the image's voxels that a segment can predict on an axis of `voxels`."""
        lowest, highest = self.start_range(axis, voxels)
        start = max(0, lowest + self.context[axis])
        return start, min(voxels, highest + self.size[axis] - self.context[axis])

    def starts(self, centre: npt.NDArray[np.int64], shape: Sequence[int]) -> list[int]:
        """Start (z, y, x) of the segment around `centre`, moved into the image if it would leave it."""
        ranges = [self.start_range(axis, voxels) for axis, voxels in enumerate(shape)]
        return [
            int(np.clip(middle - size // 2, lowest, highest))
            for middle, size, (lowest, highest) in zip(centre, self.size, ranges, strict=True)
        ]


def cut(array: Any, starts: Sequence[int], size: Sequence[int]) -> npt.NDArray[Any]:
    """Cut a segment out of an image, reflecting the image where the segment leaves it.

    Args:
        array: (C, z, y, x); may be an opened file, as only the necessary voxels are read.
        starts: First voxel (z, y, x), possibly negative.
        size: Voxels (z, y, x).

    Returns:
        (C, *size).
    """
    if all(0 <= start <= voxels - length for start, length, voxels in zip(starts, size, array.shape[1:], strict=True)):
        z, y, x = (slice(start, start + length) for start, length in zip(starts, size, strict=True))
        return np.asarray(array[:, z, y, x])
    rows = [
        reflected_indices(start, start + length, voxels)
        for start, length, voxels in zip(starts, size, array.shape[1:], strict=True)
    ]
    z, y, x = (slice(int(row.min()), int(row.max()) + 1) for row in rows)
    block = np.asarray(array[:, z, y, x])
    inner = [row - row.min() for row in rows]
    return np.ascontiguousarray(block[:, inner[0][:, None, None], inner[1][None, :, None], inner[2][None, None, :]])
