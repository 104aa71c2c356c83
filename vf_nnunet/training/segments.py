"""The position of a segment in an image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class SegmentGeometry:
    """Size of the segments, and where they lie.

    Attributes:
        size: (z, y, x) voxels that the network reads.
        context: (z, y, x) voxels at each side of a segment that are read and not predicted.
    """

    size: tuple[int, int, int]
    context: tuple[int, int, int]

    @property
    def predicted_size(self) -> tuple[int, int, int]:
        """(z, y, x) voxels of a segment that are predicted."""
        z, y, x = (size - 2 * margin for size, margin in zip(self.size, self.context, strict=True))
        return z, y, x

    def starts(self, centre: npt.NDArray[np.int64], shape: Sequence[int]) -> list[int]:
        """Start (z, y, x) of the segment around a voxel, which is among those that the segment predicts.

        The predicted voxels are moved into the image if some of them would leave it. Their context may leave it. On an
        axis with fewer voxels than a segment predicts, they begin with the image, as a tile of the prediction does.

        Args:
            centre: The voxel (z, y, x).
            shape: Voxels (z, y, x) of the image.
        """
        return [
            int(np.clip(middle - size // 2, -margin, max(-margin, voxels + margin - size)))
            for middle, size, margin, voxels in zip(centre, self.size, self.context, shape, strict=True)
        ]
