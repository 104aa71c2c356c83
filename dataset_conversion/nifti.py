"""Opening NIfTI files with the checks that do not need the voxels."""

import gzip
import zlib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from dataset_conversion.errors import ConversionError
from dataset_conversion.geometry import FloatArray, ImageHeader, to_lps

SHEAR_TOLERANCE = 1e-3
"""Largest cosine between two image axes; single-precision headers of oblique scans stay below 1e-5."""

UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    MemoryError,
    zlib.error,
    ImageFileError,
    HeaderDataError,
    WrapStructError,
)
"""What nibabel raises for damaged files."""


def load_nifti(path: Path) -> Any:
    """Open a file, reading a gzip stream to its end so that its checksum is compared.

    Raises:
        ConversionError: unreadable, truncated or not NIfTI.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read()
        is_second = nib.Nifti2Header.may_contain_header(content)
        return (nib.Nifti2Image if is_second else nib.Nifti1Image).from_bytes(content)
    except UNREADABLE as error:
        raise ConversionError(f"{path}: cannot be read ({error}), wanted a complete NIfTI file") from error


def read_image_header(path: Path) -> ImageHeader:
    """Read and check a file's header only, in a fraction of the time its voxels need.

    Raises:
        ConversionError: as ``read_volume`` for what the header can tell.
    """
    try:
        image = nib.load(path)
    except UNREADABLE as error:
        raise ConversionError(f"{path}: cannot be read ({error}), wanted a NIfTI file") from error
    return check_header(path, image)


def check_header(path: Path, image: Any) -> ImageHeader:
    """Shape and affine of an opened image.

    Raises:
        ConversionError: voxels that are not numbers, not 3-D, empty, without an orientation, or sheared.
    """
    if image.get_data_dtype().kind not in "iuf":
        raise ConversionError(f"{path}: voxels of type {image.get_data_dtype()}, wanted numbers")
    shape = _check_shape(path, image.shape)
    if not image.header["sform_code"] and not image.header["qform_code"]:
        raise ConversionError(f"{path}: sform and qform codes are 0, wanted an orientation that tells left from right")
    affine = to_lps(image.affine)
    _check_affine(path, affine)
    return ImageHeader(path=path, shape=shape, affine=affine)


def _check_shape(path: Path, shape: tuple[int, ...]) -> tuple[int, int, int]:
    spatial, further = shape[:3], shape[3:]
    if len(spatial) < 3 or any(size != 1 for size in further):
        raise ConversionError(f"{path}: {len(shape)}-D image of shape {shape}, wanted one 3-D volume")
    if 0 in spatial:
        raise ConversionError(f"{path}: no voxels, shape {shape}, wanted one 3-D volume")
    x, y, z = spatial
    return z, y, x


def _check_affine(path: Path, affine: FloatArray) -> None:
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or not (spacing > 0).all():
        raise ConversionError(f"{path}: affine {affine[:3].tolist()}, wanted finite values and spacings above 0")
    directions = affine[:3, :3] / spacing
    cosine = float(np.abs(directions.T @ directions - np.eye(3)).max())
    if cosine > SHEAR_TOLERANCE:
        raise ConversionError(
            f"{path}: sheared axes (gantry tilt), cosine {cosine:.4f}, wanted right angles: resample it first"
        )
