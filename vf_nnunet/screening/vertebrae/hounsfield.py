"""Hounsfield units of a CT near points, whatever array holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.bone.hounsfield import AIR
from dataset_conversion.spine.geometry import FloatArray, Geometry, index_to_world, is_inside
from vf_nnunet.inference.preprocessing import NetworkImage


def network_affine(image: NetworkImage) -> FloatArray:
    """4x4, voxel index (x, y, z) of the network's image to LPS mm."""
    affine = image.grid.affine.copy()
    # The grid is that of the map, to which a border of the CT may have been added.
    affine[:3, 3] = index_to_world(affine, [before for before, _ in image.grid.padding])[0]
    return affine


@dataclass(frozen=True, eq=False)
class HounsfieldImage(Geometry):
    """A CT on canonical axes. Only the parts that are asked for are converted to Hounsfield units.

    Attributes:
        array: Voxels (z, y, x), which become HU when they are multiplied by `scale` and `offset` is added.
        affine: 4x4, voxel index (x, y, z) to LPS mm.
        ct_spacing: Distance (z, y, x) in mm between the voxels of the CT itself.
        scale: HU per unit of the array.
        offset: HU of 0 in the array.
    """

    array: npt.NDArray[Any]
    affine: FloatArray
    ct_spacing: tuple[float, float, float]
    scale: float = 1.0
    offset: float = 0.0

    @classmethod
    def of_network(cls, image: NetworkImage) -> "HounsfieldImage":
        """The network's image, which is not copied; HU beyond its limits are lost."""
        return cls(image.array[0], network_affine(image), image.ct_spacing, image.scale.deviation, image.scale.mean)

    @classmethod
    def of_ct(cls, volume: Volume) -> "HounsfieldImage":
        """A CT as `read_ct` gives it."""
        return cls(volume.array, volume.affine, volume.spacing)

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel of the array in mm3."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def contains(self, points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each of the LPS mm points (n, 3) lies in a voxel."""
        return is_inside(self.array.shape, self.world_to_index(points))

    def at(self, points: FloatArray) -> FloatArray:
        """HU (n,) at LPS mm points (n, 3), interpolated linearly; air outside the image."""
        index = self.world_to_index(points)
        last = np.array(self.array.shape) - 1
        low = np.clip(np.floor(index.min(axis=0)), 0, last).astype(int)
        high = np.clip(np.ceil(index.max(axis=0)), low, last).astype(int)
        box = self.array[tuple(slice(first, stop + 1) for first, stop in zip(low, high, strict=True))]
        values = ndimage.map_coordinates(box.astype(np.float32), (index - low).T, order=1, mode="nearest")
        return np.where(is_inside(self.array.shape, index), values * self.scale + self.offset, AIR)

    def box(self, centre: Sequence[float], low: Sequence[float], high: Sequence[float]) -> FloatArray:
        """HU of the voxels in a box along the image's axes; it is empty outside the image.

        Args:
            centre: A point (x, y, z) in LPS mm.
            low: Its lowest corner, as the distance (z, y, x) in mm from the centre.
            high: Its highest corner.
        """
        index = self.world_to_index(centre)[0]
        starts, stops = (np.rint(index + np.asarray(corner) / self.spacing).astype(int) for corner in (low, high))
        sides = (
            slice(max(0, start), max(0, min(stop + 1, size)))
            for start, stop, size in zip(starts, stops, self.array.shape, strict=True)
        )
        return np.asarray(
            self.array[tuple(sides)].astype(np.float32) * np.float32(self.scale) + np.float32(self.offset)
        )
