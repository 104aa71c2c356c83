"""CT volumes: read with the checks that nnU-Net lacks, brought to canonical axes, and written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from dataset_conversion.images.registry import read_image
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_file
from dataset_conversion.spine.geometry import FloatArray, Geometry, to_lps
from dataset_conversion.spine.image_source import ImageSource


@dataclass(frozen=True, eq=False)
class Volume(Geometry):
    """An image with its position in the patient.

    Attributes:
        array: Voxels in order (z, y, x).
        affine: Voxel index (x, y, z) to LPS mm, 4x4.
        warnings: Things that a person should know about the source file, one sentence each.
    """

    array: npt.NDArray[Any]
    affine: FloatArray
    warnings: tuple[str, ...] = ()


def read_volume(path: ImageSource) -> Volume:
    """Read a 3-D image: NIfTI, NRRD, MetaImage, a DICOM series, or the folder with the slices of one.

    Stored integers are returned unchanged.

    Raises:
        InputError: If the image is unreadable or truncated, not 3-D (trailing axes of one voxel are fine), empty,
            without an orientation, sheared, constant, or has values that are not finite.
    """
    header, array = read_image(path)
    _check_values(path, array)
    return Volume(array.astype(lossless_dtype(array), copy=False), header.affine, header.warnings)


def to_canonical(volume: Volume) -> Volume:
    """Bring a volume to LPS axes by flips and permutations. No voxel changes its value or world position."""
    orientation = nib.orientations.io_orientation(volume.affine)
    array = nib.orientations.apply_orientation(volume.array.T, orientation).T
    affine = volume.affine @ nib.orientations.inv_ornt_aff(orientation, volume.array.T.shape)
    return Volume(np.ascontiguousarray(array), affine, volume.warnings)


def write_volume(path: Path, volume: Volume, dtype: npt.DTypeLike) -> None:
    """Write a `.nii.gz` file, atomically."""
    image = nib.Nifti1Image(volume.array.T.astype(dtype, copy=False), to_lps(volume.affine))
    image.header.set_xyzt_units("mm")
    with atomic_file(path) as temporary:
        nib.save(image, temporary)


def lossless_dtype(array: npt.NDArray[Any]) -> np.dtype[Any]:
    """int16 if every value is an integer that fits, float32 otherwise."""
    if array.dtype.kind not in "iub" and not all(np.array_equal(plane, np.rint(plane)) for plane in array):
        return np.dtype(np.float32)
    limits = np.iinfo(np.int16)
    fits = array.min() >= limits.min and array.max() <= limits.max
    return np.dtype(np.int16 if fits else np.float32)


def _check_values(path: ImageSource, array: npt.NDArray[Any]) -> None:
    broken = 0 if array.dtype.kind in "iub" else array.size - int(np.count_nonzero(np.isfinite(array)))
    if broken:
        raise InputError(f"{path}: {broken} of {array.size} voxels are NaN or infinite; expected finite HU")
    if array.min() == array.max():
        raise InputError(f"{path}: all voxels are {array.min():g}; expected a CT with contrast")
