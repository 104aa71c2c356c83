"""Context beyond an image's border: the image mirrored at its first and last voxel, as DeepMedic pads."""

import numpy as np
import numpy.typing as npt


def reflected_indices(start: int, stop: int, size: int) -> npt.NDArray[np.int64]:
    """Indices into an axis for positions that may lie beyond its borders.

    Equal to `numpy.pad(..., mode="reflect")` at any distance from the border: position -1 is voxel 1, position `size`
    is voxel `size` - 2.

    Args:
        start: First position.
        stop: Position after the last.
        size: Voxels on the axis.
    """
    positions = np.arange(start, stop)
    if size == 1:
        return np.zeros_like(positions)
    period = 2 * (size - 1)
    folded = positions % period
    return np.minimum(folded, period - folded)
