"""Read an image in any of the formats."""

from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.images import itk, nifti
from dataset_conversion.images.dicom import format as dicom
from dataset_conversion.images.interface import ImageFormat
from dataset_conversion.images.studies.folder import series_in_folder
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.image_source import DicomSeries, ImageSource

_FILE_FORMATS = (nifti.FORMAT, itk.FORMAT)

IMAGE_ENDINGS = tuple(ending for file_format in _FILE_FORMATS for ending in file_format.endings)
"""Endings of image files, longer ones before their own endings (`.nii.gz` before `.nii`)."""


def read_image_header(source: ImageSource) -> ImageHeader:
    """Read and check an image's header without its voxels.

    Args:
        source: An image file, a DICOM series, or the folder with the slices of one.

    Raises:
        InputError: If the image is unreadable, not numeric, not 3-D, empty, without an orientation, or sheared.
    """
    found = _series_of(source)
    return dicom.read_header(found) if isinstance(found, DicomSeries) else _format_of(found).read_header(found)


def read_image(source: ImageSource) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """Read an image's header and its voxels in order (z, y, x).

    Args:
        source: An image file, a DICOM series, or the folder with the slices of one.

    Raises:
        InputError: As for `read_image_header`, or if the voxels are incomplete.
    """
    found = _series_of(source)
    return dicom.read(found) if isinstance(found, DicomSeries) else _format_of(found).read(found)


def _series_of(source: ImageSource) -> ImageSource:
    return series_in_folder(source) if isinstance(source, Path) and source.is_dir() else source


def _format_of(path: Path) -> ImageFormat:
    for file_format in _FILE_FORMATS:
        if path.name.lower().endswith(file_format.endings):
            return file_format
    raise InputError(f"{path}: not a CT image; expected {', '.join(IMAGE_ENDINGS)} or a folder of DICOM slices")
