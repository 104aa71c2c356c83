"""Folders with the slices of a DICOM CT series.

Assumes HU (RescaleType, slope and intercept are checked), one patient, series, study, frame of reference and
reconstruction (`consistency`), places and directions that agree with the elements which say them again (`consistency`),
all slices (even steps, InstanceNumber, slice thickness), each once (`copies`) and in one folder (`split_series`), and
whole pixels (`pixels`). Unchecked: slices missing behind the last one, since no element counts those of a series; sides
swapped in the pixels; and a spacing or direction that no second element contradicts.
"""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.images.dicom.consistency import check_consistency
from dataset_conversion.images.dicom.copies import drop_copied_series, drop_copies
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
    own, copied = drop_copied_series(folder, own)
    chosen, others = choose_series(folder, own)
    slices, affine = stack_slices(folder, chosen)
    shape = (*slices[0].size, len(slices))
    header = checked_header(folder, shape, affine, pseudonym(slices[0].patient))
    warnings = (*describe_passed_over(folder, passed_over), *copies, *copied, *others)
    warnings += check_consistency(folder, slices, header.affine)
    return replace(header, warnings=(*warnings, *header.warnings)), slices


FORMAT = ImageFormat(endings=(), read_header=read_header, read=read)
