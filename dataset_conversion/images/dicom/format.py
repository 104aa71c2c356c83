"""Folders with the slices of a DICOM CT series."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.images.dicom.copies import drop_copies
from dataset_conversion.images.dicom.pixels import read_voxels
from dataset_conversion.images.dicom.series import choose_series, stack_slices
from dataset_conversion.images.dicom.slices import Slice, read_slices
from dataset_conversion.images.header_checks import checked_header
from dataset_conversion.images.interface import ImageFormat
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.records.passed_over import describe_passed_over

_DIGITS = 12


def read_header(folder: Path) -> ImageHeader:
    """Read and check the headers of all slices.

    Raises:
        InputError: As for `read_image_header`; also for several series, missing slices, colours and localisers.
    """
    header, _ = _open(folder)
    return header


def read(folder: Path) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """Read header and voxels; the voxels are rescaled to Hounsfield units.

    Raises:
        InputError: As for `read_image`.
    """
    header, slices = _open(folder)
    array, warnings = read_voxels(folder, slices)
    if array.shape != header.shape:
        raise InputError(f"{folder}: voxels of shape {array.shape}; expected {header.shape} as in the headers")
    return replace(header, warnings=(*header.warnings, *warnings)), array


def pseudonym(patient: str) -> str | None:
    """A pseudonym for a PatientID, which groups the scans of a patient and keeps the identifier out of the dataset.

    It is the beginning of the SHA-256 sum. That hides the identifier from view, but not from someone who tries out all
    hospital numbers.

    Returns:
        The pseudonym, or None for empty and blanked ("anonymous") ids, which do not distinguish patients.
    """
    if not patient or patient.lower().startswith("anon"):
        return None
    return f"patient-{sha256(patient.encode()).hexdigest()[:_DIGITS]}"


def _open(folder: Path) -> tuple[ImageHeader, list[Slice]]:
    found, passed_over = read_slices(folder)
    own, copies = drop_copies(folder, found)
    chosen, others = choose_series(folder, own)
    slices, affine = stack_slices(folder, chosen)
    warnings = (*describe_passed_over(folder, passed_over), *copies, *others)
    shape = (*slices[0].size, len(slices))
    header = checked_header(folder, shape, affine, pseudonym(slices[0].patient))
    return replace(header, warnings=(*warnings, *header.warnings)), slices


FORMAT = ImageFormat(endings=(), read_header=read_header, read=read)
