"""Folders with the slices of a DICOM CT series: headers through pydicom, voxels through SimpleITK."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.images.dicom_copies import drop_copies
from dataset_conversion.images.dicom_series import choose_series, stack_slices
from dataset_conversion.images.dicom_slices import Slice, read_slices
from dataset_conversion.images.header_checks import checked_header
from dataset_conversion.images.interface import ImageFormat
from dataset_conversion.images.itk import reason
from dataset_conversion.images.passed_over import describe_passed_over
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader

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
    array = _read_voxels(folder, slices)
    if array.shape != header.shape:
        raise InputError(f"{folder}: voxels of shape {array.shape}; expected {header.shape} as in the headers")
    return header, array


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


def _read_voxels(folder: Path, slices: Sequence[Slice]) -> npt.NDArray[Any]:
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    # Named, because ITK does not recognise every file without preamble.
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileNames([str(found.path) for found in slices])
    if len({found.rescale for found in slices}) > 1:
        # ITK takes the type from the first slice, whose rescaling may be integer while another slice's is not.
        reader.SetOutputPixelType(SimpleITK.sitkFloat32)
    try:
        array: npt.NDArray[Any] = SimpleITK.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        raise InputError(f"{folder}: voxels cannot be read ({reason(error)}); expected complete slices") from error
    return array


FORMAT = ImageFormat(endings=(), read_header=read_header, read=read)
