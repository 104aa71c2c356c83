"""NIfTI files, read with nibabel, which notices truncated files.

Assumes an orientation (refused if both codes are 0), millimetres (the unit is honoured, impossible sizes are refused),
one space (sform, qform and voxel sizes are compared), and complete voxels (the size, and the checksum of `.nii.gz`, are
compared). Unchecked: a matrix that is wrong in sform and qform alike, and damage to voxels of an uncompressed file that
leaves values of a CT.
"""

import gzip
import zlib
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from dataset_conversion.images.compression import check_size
from dataset_conversion.images.header_checks import checked_header
from dataset_conversion.images.interface import ImageFormat
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.records.nifti_geometry import nifti_affine

_UNREADABLE = (
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
"""Exceptions that nibabel raises for damaged files."""


def read_header(path: Path) -> ImageHeader:
    """Read and check a file's header only.

    Raises:
        InputError: As for `read_image_header`.
    """
    try:
        image = nib.load(path)
    except _UNREADABLE as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a NIfTI file") from error
    return _check(path, image)


def read(path: Path) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """Read header and voxels.

    The gzip stream is read to its end and its checksum is compared, because nnU-Net's default reader pads a truncated
    file without a warning.

    Raises:
        InputError: As for `read_image`.
    """
    image = load_nifti(path)
    header = _check(path, image)
    try:
        array = _voxels(image.dataobj, header.shape)
    except _UNREADABLE as error:
        raise InputError(f"{path}: voxels cannot be read ({error}); expected a complete NIfTI file") from error
    return header, array


def _voxels(stored: Any, shape: tuple[int, int, int]) -> npt.NDArray[Any]:
    """Voxels of `shape` (z, y, x): integers as stored, or float32 if the voxels are rescaled or not integers.

    The whole image in nibabel's float64 would take four times the memory of a CT.
    """
    if stored.dtype.kind in "iu" and (stored.slope, stored.inter) == (1, 0):
        integers: npt.NDArray[Any] = np.asanyarray(stored).reshape(shape[::-1], order="F").T
        return integers
    voxels = np.empty(shape, np.float32)
    for z, plane in enumerate(voxels):
        plane[:] = stored[:, :, z].reshape(plane.shape[::-1], order="F").T
    return voxels


def load_nifti(path: Path) -> Any:
    """Open a file. A gzip stream is read to its end, so that its checksum is compared.

    Raises:
        InputError: If the file is unreadable, truncated or not NIfTI.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            content = file.read()
        is_second = nib.Nifti2Header.may_contain_header(content)
        image = (nib.Nifti2Image if is_second else nib.Nifti1Image).from_bytes(content)
        stored = image.dataobj
        row = stored.shape[0] * stored.dtype.itemsize if stored.shape else 0
        check_size(path, len(content) - int(stored.offset), prod(stored.shape) * stored.dtype.itemsize, max(row, 16))
        return image
    except _UNREADABLE as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a complete NIfTI file") from error


def _check(path: Path, image: Any) -> ImageHeader:
    if image.get_data_dtype().kind not in "iuf":
        raise InputError(f"{path}: voxels of type {image.get_data_dtype()}; expected numbers")
    _check_spacing(path, image)
    affine, warnings = nifti_affine(image)
    header = checked_header(path, image.shape, affine)
    if not image.header["sform_code"] and not image.header["qform_code"]:
        raise InputError(f"{path}: sform and qform codes are 0; expected an orientation that tells left from right")
    return replace(header, warnings=(*(f"{path}: {warning}" for warning in warnings), *header.warnings))


def _check_spacing(path: Path, image: Any) -> None:
    """Refuse a file without voxel sizes, for which nibabel would take 1 mm, unless the sform has them."""
    if image.header["sform_code"]:
        return
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            stored = type(image.header)(file.read(image.header.sizeof_hdr), check=False)
    except _UNREADABLE as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a NIfTI file") from error
    spacing = stored["pixdim"][1:4]
    if not (spacing > 0).all():
        raise InputError(f"{path}: pixdim {spacing.tolist()}; expected the distances of voxels in mm")


FORMAT = ImageFormat(endings=(".nii.gz", ".nii"), read_header=read_header, read=read)
