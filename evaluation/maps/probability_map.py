"""Probability maps: the probability of one class on a grid of about 1 mm, as a NIfTI file."""

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
from evaluation.maps.nifti import NiftiFile, VolumeFile, open_nifti
from evaluation.maps.nnunet_probabilities import SUFFIX, open_nnunet_probabilities
from evaluation.maps.quantisation import (
    QUANTISATION_STEPS,
    QuantisedArray,
    check_probability,
    dequantise,
    quantise,
)

AFFINE_TOLERANCE = 1e-3
"""Largest difference, in mm, between the affines of maps on the same grid."""


@dataclass(frozen=True, eq=False)
class ProbabilityMap(Geometry):
    """Probability of one class at each voxel, quantised.

    Attributes:
        quantised: uint16 (z, y, x), in steps of 1/65535.
        affine: 4x4, voxel index (x, y, z) to LPS mm.
    """

    quantised: QuantisedArray
    affine: FloatArray

    @classmethod
    def from_probability(cls, probability: FloatArray, affine: FloatArray) -> ProbabilityMap:
        """Quantise a map.

        Args:
            probability: (z, y, x), 0 to 1.
            affine: 4x4, voxel index (x, y, z) to LPS mm.
        """
        return cls(quantise(probability), affine)

    @property
    def probability(self) -> npt.NDArray[np.float32]:
        """The probabilities (z, y, x), 0 to 1, computed at each access."""
        return dequantise(self.quantised)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along (z, y, x)."""
        return self.quantised.shape

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel in mm3."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))


def open_probability_map(path: Path, labels: tuple[int, ...] = (FRACTURE,)) -> VolumeFile:
    """Open a map and check its grid, without reading its voxels.

    Args:
        path: A NIfTI file with one map, or an `.npz` file of nnU-Net.
        labels: The classes whose sum is taken of an `.npz` file.

    Raises:
        InputError: If the file is missing, is not three-dimensional or has no usable geometry.
    """
    return open_nnunet_probabilities(path, labels) if path.name.lower().endswith(SUFFIX) else open_nifti(path)


def is_on_grid_of(one: ProbabilityMap | VolumeFile, other: ProbabilityMap | VolumeFile) -> bool:
    """Whether two maps have the same voxels: the same shape, and affines that differ by at most `AFFINE_TOLERANCE`."""
    return one.shape == other.shape and bool(np.allclose(one.affine, other.affine, rtol=0.0, atol=AFFINE_TOLERANCE))


def read_probability_map(path: Path, labels: tuple[int, ...] = (FRACTURE,)) -> ProbabilityMap:
    """Read a map stored in any orientation and number type; the stored orientation is kept.

    A map as `write_probability_map` stores it is taken as it is. Any other, nnU-Net's `.npz` files included, is
    quantised once here, which changes a probability by up to half a step, 1/131070.

    Args:
        path: A NIfTI file with one map, or an `.npz` file of nnU-Net.
        labels: The classes whose sum is taken of an `.npz` file.

    Raises:
        InputError: If the file cannot be read completely, is not three-dimensional, or holds anything but 0 to 1.
    """
    opened = open_probability_map(path, labels)
    if isinstance(opened, NiftiFile) and opened.stores(np.uint16, 1.0 / QUANTISATION_STEPS):
        return ProbabilityMap(opened.read_stored(), opened.affine)
    probability = opened.read()
    check_probability(path, probability)
    return ProbabilityMap.from_probability(probability, opened.affine)


def write_probability_map(path: Path, probability: FloatArray | QuantisedArray, affine: FloatArray) -> None:
    """Write a map as uint16 NIfTI with `scl_slope` 1/65535 and `scl_inter` 0.

    Args:
        path: The file, ending in `.nii.gz` or `.nii`.
        probability: (z, y, x), 0 to 1, which is read back within half a step, 1/131070; or quantised, uint16.
        affine: 4x4, voxel index (x, y, z) to LPS mm.

    Raises:
        InputError: If the array is not three-dimensional or holds anything but 0 to 1.
    """
    if probability.ndim != 3:
        raise InputError(f"{path}: shape {probability.shape}; expected a volume with three axes")
    quantised: npt.NDArray[Any] = probability
    if quantised.dtype != np.uint16:
        check_probability(path, quantised)
        quantised = quantise(quantised)
    image: Any = nibabel.Nifti1Image(quantised.T, RAS_TO_LPS @ affine)
    image.set_qform(image.affine, code="scanner")
    image.set_sform(image.affine, code="scanner")
    image.header.set_xyzt_units("mm")
    # With the slope set in advance, nibabel stores the steps as they are instead of scaling them itself.
    image.header.set_slope_inter(1.0 / QUANTISATION_STEPS, 0.0)
    with atomic_file(path) as temporary:
        nibabel.save(image, temporary)
