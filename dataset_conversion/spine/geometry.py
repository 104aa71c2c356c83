"""Where an image's voxels lie in the patient."""

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Geometry:
    """Base of everything that has an affine: voxel index (x, y, z) to LPS mm, as a 4x4 matrix.

    Indices are given and returned in array order (z, y, x), world points in order (x, y, z).
    """

    affine: FloatArray

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres in mm, in array order (z, y, x)."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(z), float(y), float(x)

    def index_to_world(self, indices: npt.ArrayLike) -> FloatArray:
        """LPS mm (n, 3) in order (x, y, z) of voxel indices (n, 3) in order (z, y, x)."""
        flipped = np.atleast_2d(np.asarray(indices, dtype=np.float64))[:, ::-1]
        return np.asarray(flipped @ self.affine[:3, :3].T + self.affine[:3, 3])

    def world_to_index(self, points: npt.ArrayLike) -> FloatArray:
        """Fractional voxel indices (n, 3) in order (z, y, x) of LPS mm points (n, 3) in order (x, y, z)."""
        offsets = np.atleast_2d(np.asarray(points, dtype=np.float64)) - self.affine[:3, 3]
        return np.asarray(np.linalg.solve(self.affine[:3, :3], offsets.T).T[:, ::-1])


@dataclass(frozen=True, eq=False)
class ImageHeader(Geometry):
    """What is known of an image before its voxels are read.

    Attributes:
        path: the file, or the folder of a DICOM series.
        shape: voxels in array order (z, y, x).
        affine: voxel index (x, y, z) to LPS mm, 4x4.
        patient_id: pseudonym of who was scanned, None where the image does not say.
        warnings: what a person should know about the file, a sentence each.
    """

    path: Path
    shape: tuple[int, int, int]
    affine: FloatArray
    patient_id: str | None = None
    warnings: tuple[str, ...] = ()

    def contains(self, points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each of the LPS mm points (n, 3) lies in a voxel."""
        indices = self.world_to_index(points)
        inside: npt.NDArray[np.bool_] = np.all((indices >= -0.5) & (indices <= np.array(self.shape) - 0.5), axis=1)
        return inside


def to_lps(affine: npt.ArrayLike) -> FloatArray:
    """A RAS affine (NIfTI) as LPS, or an LPS one as RAS: the same two sign changes."""
    return np.asarray(np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(affine, dtype=np.float64))


def axis_codes(affine: FloatArray) -> tuple[str, str, str]:
    """Anatomical direction in which the index grows along the stored axes x, y, z: "R" is towards the right."""
    first, second, third = nib.orientations.aff2axcodes(to_lps(affine))
    return str(first), str(second), str(third)
