"""Reads an image of any kind."""

from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.images import dicom, itk, nifti
from dataset_conversion.images.image_kind import ImageKind
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader

_FILES = (nifti.KIND, itk.KIND)

IMAGE_ENDINGS = tuple(ending for kind in _FILES for ending in kind.endings)
"""Endings of image files, the longer before the shorter."""


def read_image_header(path: Path) -> ImageHeader:
    """Read and check only what is known before the voxels are read.

    Args:
        path: An image file, or the folder of a DICOM series.

    Raises:
        InputError: unreadable, no numbers, not 3-D, empty, without an orientation, or sheared.
    """
    return _kind_of(path).read_header(path)


def read_image(path: Path) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """Read the header and the voxels in order (z, y, x).

    Args:
        path: An image file, or the folder of a DICOM series.

    Raises:
        InputError: as `read_image_header`, and incomplete voxels.
    """
    return _kind_of(path).read(path)


def _kind_of(path: Path) -> ImageKind:
    if path.is_dir():
        return dicom.KIND
    kind = next((kind for kind in _FILES if path.name.lower().endswith(kind.endings)), None)
    if kind is None:
        raise InputError(f"{path}: not a CT image; expected {', '.join(IMAGE_ENDINGS)} or a folder of DICOM slices")
    return kind
