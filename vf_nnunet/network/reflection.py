"""Context beyond an image's border: the image mirrored at its first and last voxel (DeepMedic pads so too)."""

import numpy as np
import numpy.typing as npt


def reflected_indices(start: int, stop: int, size: int) -> npt.NDArray[np.int64]:
    """Indices into an axis of `size` voxels for the positions start..stop-1, mirrored at the borders.

    The same as `numpy.pad(..., mode="reflect")`, for any distance from the border: -1 is voxel 1, `size` is voxel
    size-2.
    """
    positions = np.arange(start, stop)
    if size == 1:
        return np.zeros_like(positions)
    period = 2 * (size - 1)
    folded = positions % period
    return np.minimum(folded, period - folded)
