"""Where a mask begins and ends."""

import numpy as np
import numpy.typing as npt


def occupied_bounds(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """For each axis of `mask` the first voxel that is set, and the one after the last; (0, 0) where none is."""
    bounds = []
    for axis in range(mask.ndim):
        used = np.flatnonzero(mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis)))
        bounds.append((int(used[0]), int(used[-1]) + 1) if used.size else (0, 0))
    return bounds
