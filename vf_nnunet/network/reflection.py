"""Context beyond an image's border: the image mirrored at its first and last voxel, as DeepMedic pads.

Training and prediction both read images here, so that the network sees the same borders in both. The image is reflected
at full resolution; the subsampled pathway takes its voxels from the reflected image.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

EVERY_VOXEL = (slice(None),) * 3
"""Takes all voxels (z, y, x) of a part."""


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


def read_reflected(
    image: Any, starts: Sequence[int], size: Sequence[int], chosen: Sequence[slice] = EVERY_VOXEL
) -> npt.NDArray[Any]:
    """Read a part of an image, reflected at its borders where the part leaves it.

    Args:
        image: (C, z, y, x); may be an opened file, as only the necessary voxels are read.
        starts: First voxel (z, y, x) of the part, possibly negative.
        size: Voxels (z, y, x) of the part.
        chosen: The voxels of the part to take on each axis.

    Returns:
        (C, z, y, x); a view of the image if it is an array and nothing is reflected.
    """
    inside: list[slice] = []
    taken: list[slice] = []
    reflected: dict[int, npt.NDArray[np.int64]] = {}
    for axis, (start, length, voxels, part) in enumerate(
        zip(starts, size, image.shape[1:], chosen, strict=True), start=1
    ):
        if start >= 0 and start + length <= voxels:
            inside.append(slice(start, start + length))
            taken.append(part)
            continue
        indices = reflected_indices(start, start + length, voxels)[part]
        first, last = int(indices.min()), int(indices.max())
        inside.append(slice(first, last + 1))
        taken.append(slice(None))
        reflected[axis] = indices - first
    z, y, x = inside
    block = np.asarray(image[:, z, y, x])
    z, y, x = taken
    block = block[:, z, y, x]
    # Only axes that leave the image are read by indices, which takes several times as long as copying a part.
    for axis, indices in reflected.items():
        block = block.take(indices, axis=axis)
    return block
