"""nnU-Net's cropping of zeros around an image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import InputError
from vf_nnunet.inference.probability_grid import occupied_bounds

OUTSIDE = -1
"""nnU-Net's label of zeros that are connected with the outside of the image."""

Bounds = list[tuple[int, int]]


def crop_zeros(
    channels: Sequence[npt.NDArray[Any]], labels: npt.NDArray[np.signedinteger]
) -> tuple[list[npt.NDArray[Any]], npt.NDArray[np.signedinteger], Bounds]:
    """Crop an image to the voxels that are not 0 in all channels, and mark background outside as `OUTSIDE`.

    Does what nnU-Net's `crop_to_nonzero` does.

    Args:
        channels: (z, y, x) each.
        labels: (z, y, x).

    Returns:
        The cropped channels (views) and labels, and for each axis the first voxel kept and one after the last.

    Raises:
        InputError: If every voxel is 0.
    """
    zeros = channels[0] == 0
    for channel in channels[1:]:
        zeros &= channel == 0
    bounds = occupied_bounds(~zeros)
    if (0, 0) in bounds:
        raise InputError(f"all {zeros.size} voxels of the CT are 0; expected Hounsfield units")
    crop = tuple(slice(start, stop) for start, stop in bounds)
    cropped = labels[crop].copy()
    outside = connected_with_faces(zeros[crop])
    flat = cropped.reshape(-1)
    flat[outside[flat[outside] == 0]] = OUTSIDE
    return [channel[crop] for channel in channels], cropped, bounds


def connected_with_faces(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Flat indices of the voxels that are set and connected, through faces of set voxels, with a face of the volume.

    They are found from the outside inwards, which is quick where they are few, as the zeros of a CT are.
    """
    padded = np.pad(mask, 1)
    open_voxels = padded.reshape(-1)
    front = _voxels_of_faces(padded)
    steps = [step for stride in padded.strides for step in (stride, -stride)]
    found = [front]
    while front.size:
        open_voxels[front] = False
        neighbours = (front[:, np.newaxis] + steps).ravel()
        front = np.unique(neighbours[open_voxels[neighbours]])
        found.append(front)
    places = np.unravel_index(np.concatenate(found), padded.shape)
    return np.ravel_multi_index(tuple(place - 1 for place in places), mask.shape)


def _voxels_of_faces(padded: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Flat indices of the set voxels in the six outermost layers within a padding of one voxel."""
    found = []
    for axis, size in enumerate(padded.shape):
        for layer in (1, size - 2):
            places = list(np.nonzero(padded.take(layer, axis)))
            places.insert(axis, np.full(len(places[0]), layer))
            found.append(np.ravel_multi_index(tuple(places), padded.shape))
    return np.unique(np.concatenate(found))
