"""NIfTI files, read with nibabel, which notices truncated files.

Assumes an orientation (refused if both codes are 0), millimetres (the unit is honoured, impossible sizes are refused),
one space (sform, qform and voxel sizes are compared), and complete voxels (the size, and the checksum of `.nii.gz`, are
compared). Unchecked: a matrix that is wrong in sform and qform alike, and damage to voxels of an uncompressed file that
leaves values of a CT.
"""

import zlib
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from isal import igzip, isal_zlib
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.volumeutils import apply_read_scaling
from nibabel.wrapstruct import WrapStructError

from dataset_conversion.images.compression import check_size
from dataset_conversion.images.header_checks import checked_header
from dataset_conversion.images.interface import ImageFormat
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import read_rest
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.records.nifti_geometry import nifti_affine

_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    MemoryError,
    zlib.error,
    isal_zlib.error,
    ImageFileError,
    HeaderDataError,
    WrapStructError,
)
"""Exceptions for damaged files, of nibabel and of what it reads with."""


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
    try:
        with _opened(path) as file:
            image = _image(file)
            header = _check(path, image)
            return header, _voxels(path, file, image.dataobj, header.shape)
    except InputError:
        raise
    except _UNREADABLE as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a complete NIfTI file") from error


def _opened(path: Path) -> Any:
    """The file's content. ISA-L inflates two to three times as fast as zlib."""
    return igzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _image(file: Any) -> Any:
    """The image that the first bytes of a file describe, of nibabel; no voxel is read."""
    start = file.read(nib.Nifti2Header.sizeof_hdr)
    file.seek(0)
    return (nib.Nifti2Image if nib.Nifti2Header.may_contain_header(start) else nib.Nifti1Image).from_stream(file)


def _voxels(path: Path, file: Any, stored: Any, shape: tuple[int, int, int]) -> npt.NDArray[Any]:
    """Voxels of `shape` (z, y, x): integers as stored, or float32 if the voxels are rescaled or not integers.

    They are read into the array itself: each further copy of a large CT takes as long as reading it. The whole image in
    nibabel's float64 would take four times the memory of a CT.

    Raises:
        InputError: If the file holds fewer or more voxels than its header says.
    """
    content = np.empty(prod(stored.shape) * stored.dtype.itemsize, np.uint8)
    file.seek(int(stored.offset))
    found = file.readinto(content.data) + read_rest(file)
    check_size(path, found, len(content), max(stored.shape[0] * stored.dtype.itemsize, 16))
    array: npt.NDArray[Any] = content.view(stored.dtype).reshape(shape)
    if array.dtype.kind in "iu" and (stored.slope, stored.inter) == (1, 0):
        return array
    voxels = np.empty(shape, np.float32)
    for z, plane in enumerate(array):
        voxels[z] = apply_read_scaling(plane, np.asarray(stored.slope), np.asarray(stored.inter))
    return voxels


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
        with _opened(path) as file:
            stored = type(image.header)(file.read(image.header.sizeof_hdr), check=False)
    except _UNREADABLE as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a NIfTI file") from error
    spacing = stored["pixdim"][1:4]
    if not (spacing > 0).all():
        raise InputError(f"{path}: pixdim {spacing.tolist()}; expected the distances of voxels in mm")


FORMAT = ImageFormat(endings=(".nii.gz", ".nii"), read_header=read_header, read=read)
