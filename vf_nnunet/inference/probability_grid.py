"""Positions in the world of the voxels of a preprocessed image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import FloatArray, Geometry


@dataclass(frozen=True)
class ProbabilityGrid(Geometry):
    """The grid of a probability map.

    Attributes:
        affine: 4 x 4, voxel index (x, y, z) to LPS mm.
        padding: For each axis (z, y, x) the voxels to add before and after the network's image, so that the map covers
            the whole CT. (0, 0) unless a border of zeros was cropped.
    """

    affine: FloatArray
    padding: tuple[tuple[int, int], ...]

    def pad(self, probability: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Extend a map (z, y, x), quantised or not, to the whole CT with zeros."""
        return np.pad(probability, self.padding) if np.any(self.padding) else probability


def probability_grid(
    image_affine: FloatArray,
    image_shape: Sequence[int],
    bounds: Sequence[Sequence[int]],
    network_shape: Sequence[int],
) -> ProbabilityGrid:
    """The grid of the network's output, edge to edge with the image, as nnU-Net resizes.

    nnU-Net rounds the number of voxels, so the effective spacing is extent / voxels and the centre of the first voxel
    moves by half the difference of the spacings.

    Args:
        image_affine: 4 x 4, voxel index (x, y, z) of the image to LPS mm.
        image_shape: (z, y, x) voxels of the image.
        bounds: For each axis (z, y, x) the first voxel that was kept when zeros were cropped, and one after the last.
        network_shape: (z, y, x) voxels of the preprocessed image.
    """
    scales, offsets, padding = [], [], []
    for (start, stop), voxels, size in zip(bounds, image_shape, network_shape, strict=True):
        scale = (stop - start) / size
        before, after = math.ceil(start / scale), math.ceil((voxels - stop) / scale)
        scales.append(scale)
        offsets.append(start + (0.5 - before) * scale - 0.5)
        padding.append((before, after))
    to_image = np.eye(4)
    to_image[:3, :3] = np.diag(scales[::-1])
    to_image[:3, 3] = offsets[::-1]
    return ProbabilityGrid(image_affine @ to_image, tuple(padding))


def occupied_bounds(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """For each axis of `mask` (z, y, x) the first voxel that is set, and one after the last; (0, 0) if none is set."""
    plane: npt.NDArray[np.bool_] = np.any(mask, axis=0)
    occupied = (mask.reshape(len(mask), -1).any(axis=1), plane.any(axis=1), plane.any(axis=0))
    places = [np.flatnonzero(side) for side in occupied]
    return [(int(used[0]), int(used[-1]) + 1) if used.size else (0, 0) for used in places]
