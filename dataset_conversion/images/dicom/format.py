"""The volume of a DICOM series.

Assumes HU (RescaleType, slope and intercept are checked), one patient, series, study, frame of reference and
reconstruction (`consistency`), places and directions that agree with the elements which say them again (`consistency`),
all slices (distances, InstanceNumber, slice thickness), each once (`copies`), and whole pixels (`pixels`). Unchecked:
slices missing behind the last one, since no element counts those of a series; sides swapped in the pixels; and a
spacing or direction that no second element contradicts.
"""

from dataclasses import replace
from typing import Any

import numpy.typing as npt

from dataset_conversion.images.dicom.consistency import check_consistency
from dataset_conversion.images.dicom.pixels import read_voxels
from dataset_conversion.images.dicom.slices import read_headers
from dataset_conversion.images.dicom.stack import Stack, stack_slices
from dataset_conversion.images.header_checks import checked_header
from dataset_conversion.spine.case_names import short_digest
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.image_source import DicomSeries


def read_header(source: DicomSeries) -> ImageHeader:
    """Read and check the headers of all slices.

    Raises:
        InputError: As for `read_image_header`; also for missing slices, colours and localisers.
    """
    header, _ = _open(source)
    return header


def read(source: DicomSeries) -> tuple[ImageHeader, npt.NDArray[Any]]:
    """Read header and voxels, in Hounsfield units. Tilted and unevenly spaced slices are resampled.

    Raises:
        InputError: As for `read_image`.
    """
    header, stack = _open(source)
    array, warnings = read_voxels(source, stack.slices)
    if stack.resampling is not None:
        array = stack.resampling.apply(array)
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
    return f"patient-{short_digest(patient)}"


def _open(source: DicomSeries) -> tuple[ImageHeader, Stack]:
    read = read_headers(source.files)
    if read.damaged:
        raise InputError([f"{path}: {problem}" for path, problem in read.damaged.items()])
    if not read.slices:
        raise InputError(f"{source}: no DICOM image; expected the slices of one CT series")
    stack = stack_slices(source, read.slices)
    shape = stack.shape
    header = checked_header(source, shape[::-1], stack.affine, pseudonym(stack.slices[0].patient))
    remarks = (f"{source}: {remark}" for remark in source.remarks)
    warnings = (*remarks, *check_consistency(source, stack, header.affine), *header.warnings)
    return replace(header, warnings=warnings), stack
