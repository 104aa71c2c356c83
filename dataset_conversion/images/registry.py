"""Read an image in any of the formats."""

from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.images import itk, nifti
from dataset_conversion.images.dicom import format as dicom
from dataset_conversion.images.interface import ImageFormat
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader

_FILE_FORMATS = (nifti.FORMAT, itk.FORMAT)

IMAGE_ENDINGS = tuple(ending for file_format in _FILE_FORMATS for ending in file_format.endings)
"""Endings of image files, longer ones before their own endings (`.nii.gz` before `.nii`)."""


def read_image_header(path: Path) -> ImageHeader:
    """Read and check an image's header without its voxels.

    Args:
        path: An image file, or the folder of a DICOM series.

    Raises:
        InputError: If the image is unreadable, not numeric, not 3-D, empty, without an orientation, or sheared.
    """
    return _format_of(path).read_header(path)


def read_image(path: Path) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """Read an image's header and its voxels in order (z, y, x).

    Args:
        path: An image file, or the folder of a DICOM series.

    Raises:
        InputError: As for `read_image_header`, or if the voxels are incomplete.
    """
    return _format_of(path).read(path)


def _format_of(path: Path) -> ImageFormat:
    if path.is_dir():
        return dicom.FORMAT
    for file_format in _FILE_FORMATS:
        if path.name.lower().endswith(file_format.endings):
            return file_format
    raise InputError(f"{path}: not a CT image; expected {', '.join(IMAGE_ENDINGS)} or a folder of DICOM slices")
