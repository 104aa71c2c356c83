"""The position of an image's voxels in the patient.

World points are LPS millimetres in the order (x, y, z). Arrays, and therefore voxel indices, are (z, y, x). An affine
maps a voxel index in the order (x, y, z) to a world point, as NIfTI's does, but into LPS instead of RAS.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import nibabel as nib
import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.image_source import ImageSource

FloatArray = npt.NDArray[np.floating]

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""NIfTI's world is RAS: its first two axes point in the opposite direction. The matrix is its own inverse."""


def to_lps(affine: npt.ArrayLike) -> FloatArray:
    """A RAS affine (NIfTI) as LPS, or an LPS one as RAS: the same two sign changes."""
    return np.asarray(RAS_TO_LPS @ np.asarray(affine, dtype=np.float64))


def spacing_of(affine: npt.ArrayLike) -> tuple[float, float, float]:
    """Distance in mm between neighbouring voxel centres along each array axis, (z, y, x)."""
    x, y, z = np.linalg.norm(np.asarray(affine)[:3, :3], axis=0)
    return float(z), float(y), float(x)


def index_to_world(affine: FloatArray, indices: npt.ArrayLike) -> FloatArray:
    """World points (n, 3) in LPS mm of voxel indices (n, 3) in the order (z, y, x)."""
    flipped = np.atleast_2d(np.asarray(indices, dtype=np.float64))[:, ::-1]
    return np.asarray(flipped @ affine[:3, :3].T + affine[:3, 3])


def world_to_index(affine: FloatArray, points: npt.ArrayLike) -> FloatArray:
    """Voxel indices (n, 3) in the order (z, y, x), not rounded, of world points (n, 3) in LPS mm."""
    offsets = np.atleast_2d(np.asarray(points, dtype=np.float64)) - affine[:3, 3]
    return np.asarray((offsets @ np.linalg.inv(affine[:3, :3]).T)[:, ::-1])


def is_inside(shape: Sequence[int], indices: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether indices (..., 3) fall within the grid, whose voxels reach half a voxel beyond their centres."""
    return np.asarray(np.all((indices >= -0.5) & (indices <= np.asarray(shape) - 0.5), axis=-1))


def axis_codes(affine: npt.ArrayLike) -> tuple[str, str, str]:
    """Anatomical direction in which the index grows along the stored axes x, y, z: "R" is towards the right."""
    first, second, third = nib.orientations.aff2axcodes(to_lps(affine))
    return str(first), str(second), str(third)


class Geometry:
    """Base class of everything with an affine, a 4x4 matrix from voxel index (x, y, z) to LPS mm."""

    affine: FloatArray

    @property
    def spacing(self) -> tuple[float, float, float]:
        """See `spacing_of`."""
        return spacing_of(self.affine)

    def index_to_world(self, indices: npt.ArrayLike) -> FloatArray:
        """See `index_to_world`."""
        return index_to_world(self.affine, indices)

    def world_to_index(self, points: npt.ArrayLike) -> FloatArray:
        """See `world_to_index`."""
        return world_to_index(self.affine, points)


@dataclass(frozen=True, eq=False)
class ImageHeader(Geometry):
    """The header of an image, without its voxels.

    Attributes:
        path: The file or DICOM series.
        shape: Voxels in array order (z, y, x).
        affine: Voxel index (x, y, z) to LPS mm, 4x4.
        patient_id: Pseudonym of the patient, None if the image has none.
        warnings: Things that a person should know about the file, one sentence each.
    """

    path: ImageSource
    shape: tuple[int, int, int]
    affine: FloatArray
    patient_id: str | None = None
    warnings: tuple[str, ...] = ()

    def contains(self, points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each of the LPS mm points (n, 3) lies in a voxel."""
        return is_inside(self.shape, self.world_to_index(points))
