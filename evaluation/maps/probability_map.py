"""The probability map: a class's probability on a grid of about 1 mm, as one NIfTI file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_file
from dataset_conversion.spine.geometry import RAS_TO_LPS, FloatArray, Geometry
from dataset_conversion.spine.labels import FRACTURE
from evaluation.maps.nifti import NiftiFile, open_nifti
from evaluation.maps.nnunet_probabilities import SUFFIX, NnunetProbabilities, open_nnunet_probabilities
from evaluation.maps.quantisation import PROBABILITY_LEVELS, Levels, check_probability, quantise


@dataclass(frozen=True)
class ProbabilityMap(Geometry):
    """Probability of one class at each voxel.

    Attributes:
        probability: float32 (z, y, x), 0 to 1.
        affine: 4x4, voxel index (x, y, z) to LPS mm.
    """

    probability: FloatArray
    affine: FloatArray

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel in mm3."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))


def open_probability_map(path: Path, label: int = FRACTURE) -> NiftiFile | NnunetProbabilities:
    """A map whose grid is checked and whose voxels are not read yet.

    Args:
        path: A NIfTI file with one map, or an `.npz` file of nnU-Net.
        label: The class to take of an `.npz` file.

    Raises:
        InputError: When the file is missing, is not three-dimensional or has no usable geometry.
    """
    return open_nnunet_probabilities(path, label) if path.name.endswith(SUFFIX) else open_nifti(path)


def read_probability_map(path: Path, label: int = FRACTURE) -> ProbabilityMap:
    """Read a map stored in any orientation and number type; the stored orientation is kept.

    Args:
        path: A NIfTI file with one map, or an `.npz` file of nnU-Net.
        label: The class to take of an `.npz` file.

    Raises:
        InputError: When the file cannot be read whole, is not three-dimensional, or holds anything but 0 to 1.
    """
    opened = open_probability_map(path, label)
    probability = opened.read()
    check_probability(path, probability)
    return ProbabilityMap(np.clip(probability, 0.0, 1.0, out=probability), opened.affine)


def write_probability_map(path: Path, probability: FloatArray | Levels, affine: FloatArray) -> None:
    """Write a map as uint16 NIfTI with `scl_slope` 1/65535 and `scl_inter` 0.

    Args:
        path: The file, ending in `.nii.gz` or `.nii`.
        probability: (z, y, x), 0 to 1, which comes back within half a level, 1/131070; or its levels, uint16.
        affine: 4x4, voxel index (x, y, z) to LPS mm.

    Raises:
        InputError: When the array is not three-dimensional or holds anything but 0 to 1.
    """
    if probability.ndim != 3:
        raise InputError(f"{path}: shape {probability.shape}; wanted a volume with three axes")
    levels = probability if probability.dtype == np.uint16 else _levels(path, probability)
    image: Any = nibabel.Nifti1Image(levels.T, RAS_TO_LPS @ affine)
    image.set_qform(image.affine, code="scanner")
    image.set_sform(image.affine, code="scanner")
    image.header.set_xyzt_units("mm")
    # With the slope set beforehand nibabel stores the levels as they are instead of scaling them itself.
    image.header.set_slope_inter(1.0 / PROBABILITY_LEVELS, 0.0)
    with atomic_file(path) as temporary:
        nibabel.save(image, temporary)


def _levels(path: Path, probability: npt.NDArray[Any]) -> Levels:
    check_probability(path, probability)
    levels = np.empty(probability.shape, np.uint16)
    # Plane by plane: a whole CT's map in floating point would be held several times.
    for plane, stored in zip(probability, levels, strict=True):
        stored[:] = quantise(plane)
    return levels
