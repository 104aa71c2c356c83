"""Where the voxels of a preprocessed image lie in the world."""

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
        padding: For each axis (z, y, x) the voxels to add before and after what the network saw, so that the map
            covers the whole image. Other than (0, 0) only where a border of zeros was cropped.
    """

    affine: FloatArray
    padding: tuple[tuple[int, int], ...]

    def pad(self, probability: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """`probability` (z, y, x), quantised or not, over the whole image; 0 where the network saw nothing."""
        return np.pad(probability, self.padding) if np.any(self.padding) else probability


def probability_grid(
    image_affine: FloatArray,
    image_shape: Sequence[int],
    bounds: Sequence[Sequence[int]],
    network_shape: Sequence[int],
) -> ProbabilityGrid:
    """The grid on which the network's output stands, edge to edge with the image as nnU-Net resizes.

    nnU-Net makes the voxels' number a whole one, so the effective spacing is extent / voxels and the first voxel's
    centre moves by half the difference of the spacings.

    Args:
        image_affine: 4 x 4, voxel index (x, y, z) of the image to LPS mm.
        image_shape: (z, y, x) voxels of the image.
        bounds: For each axis (z, y, x) the first voxel that was kept when zeros were cropped, and the one after the
            last.
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
