"""Read the headers of the DICOM files in a folder with pydicom."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError, read_all
from dataset_conversion.spine.geometry import FloatArray

_PREAMBLE = 128
_MAGIC = b"DICM"
_DIRECTORY = "DICOMDIR"
_ENDINGS = frozenset({".dcm", ".ima"})
_WITHOUT_IMAGE = frozenset({"DOC", "KO", "PLAN", "PR", "REG", "RTPLAN", "RTRECORD", "RTSTRUCT", "SR"})
_TAGS = [
    "SeriesInstanceUID",
    "SeriesDescription",
    "Modality",
    "ImageType",
    "PatientID",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "RescaleSlope",
    "RescaleIntercept",
    "PhotometricInterpretation",
    "BitsAllocated",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
]


@dataclass(frozen=True, eq=False)
class Slice:
    """One DICOM image file.

    Attributes:
        path: The file.
        series: SeriesInstanceUID.
        description: SeriesDescription.
        modality: "CT", "MR" and so on; empty if the file does not say.
        patient: PatientID; empty if the file does not say.
        localiser: Whether it is a scanner's overview image.
        samples: Values per voxel, 3 in a colour image.
        frames: Number of images in the file.
        size: Columns and rows.
        steps: (2, 3), mm from one column to the next and from one row to the next, in LPS; None if the file does not
            say.
        position: (3,), LPS mm of the first voxel; None if the file does not say.
        rescale: Slope and intercept to Hounsfield units.
        photometric: PhotometricInterpretation: how the values are to be displayed.
        padding: Lowest and highest Hounsfield unit of voxels that are padding; None if the file declares none.
    """

    path: Path
    series: str
    description: str
    modality: str
    patient: str
    localiser: bool
    samples: int
    frames: int
    size: tuple[int, int]
    steps: FloatArray | None
    position: FloatArray | None
    rescale: tuple[float, float]
    photometric: str = "MONOCHROME2"
    padding: tuple[float, float] | None = None


def holds_dicom(folder: Path) -> bool:
    """Whether a DICOM file lies directly in the folder; False if the folder cannot be read.

    Files without the standard's preamble are not recognised.
    """
    try:
        return any(_is_dicom(path) for path in folder.iterdir())
    except OSError:
        return False


def read_slices(folder: Path) -> list[Slice]:
    """Read the headers of all images that lie directly in a folder.

    Files of other types and DICOM files that are not images, such as structured reports, are skipped.

    Raises:
        InputError: If files cannot be read; the problems of all files at once.
    """
    files = sorted(path for path in folder.iterdir() if _is_dicom(path) or _was_dicom(path))
    return read_all(((str(path), path) for path in files), _read_slice)


def _is_file(path: Path) -> bool:
    return not path.name.startswith(".") and path.name != _DIRECTORY and path.is_file()


def _is_dicom(path: Path) -> bool:
    if not _is_file(path):
        return False
    try:
        with path.open("rb") as file:
            return file.read(_PREAMBLE + len(_MAGIC))[_PREAMBLE:] == _MAGIC
    except OSError:
        return False


def _was_dicom(path: Path) -> bool:
    """Whether a file looks like a damaged slice. A slice that was truncated in copying must not be skipped silently."""
    is_short = not path.suffix and _is_file(path) and path.stat().st_size < _PREAMBLE + len(_MAGIC)
    return _is_file(path) and (is_short or path.suffix.lower() in _ENDINGS)


def _read_slice(path: Path) -> list[Slice]:
    """The file's slice, or nothing if the file says that it is not an image."""
    import pydicom

    try:
        with warnings.catch_warnings():
            # Hospitals' files often break the standard in ways that do not affect the image.
            warnings.simplefilter("ignore", UserWarning)
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_TAGS))
            is_image = "Rows" in header or header.get("Modality") not in _WITHOUT_IMAGE
            return [_slice_of(path, header)] if is_image else []
    except Exception as error:  # pydicom's exceptions have no common base class
        raise InputError(f"cannot be read ({error}); expected a complete DICOM image") from error


def _slice_of(path: Path, header: Any) -> Slice:
    return Slice(
        path=path,
        series=str(header.get("SeriesInstanceUID") or ""),
        description=str(header.get("SeriesDescription") or ""),
        modality=str(header.get("Modality") or ""),
        patient=str(header.get("PatientID") or "").strip(),
        localiser="LOCALIZER" in (header.get("ImageType") or ()),
        samples=int(header.get("SamplesPerPixel") or 1),
        frames=int(header.get("NumberOfFrames") or 1),
        size=(int(header.Columns), int(header.Rows)),
        steps=_steps(header),
        position=_numbers(header, "ImagePositionPatient", 3),
        rescale=_rescale(header),
        photometric=str(header.get("PhotometricInterpretation") or "MONOCHROME2"),
        padding=_padding(header),
    )


def _steps(header: Any) -> FloatArray | None:
    spacing = _numbers(header, "PixelSpacing", 2)
    orientation = _numbers(header, "ImageOrientationPatient", 6)
    if spacing is None or orientation is None:
        return None
    # PixelSpacing is (between rows, between columns), but the orientation is (along a row, along a column).
    return orientation.reshape(2, 3) * spacing[::-1, np.newaxis]


def _rescale(header: Any) -> tuple[float, float]:
    return float(header.get("RescaleSlope") or 1), float(header.get("RescaleIntercept") or 0)


def _padding(header: Any) -> tuple[float, float] | None:
    """The range between PixelPaddingValue and PixelPaddingRangeLimit in Hounsfield units."""
    first = _stored(header, "PixelPaddingValue")
    if first is None:
        return None
    last = _stored(header, "PixelPaddingRangeLimit")
    slope, intercept = _rescale(header)
    ends = [slope * value + intercept for value in (first, first if last is None else last)]
    return min(ends), max(ends)


def _stored(header: Any, name: str) -> int | None:
    """A stored value. Files often give it with the other sign's type, and a few as bytes."""
    value = header.get(name)
    if value is None or value == "":
        return None
    bits = int(header.get("BitsAllocated") or 16)
    number: int = int.from_bytes(value, "little") if isinstance(value, bytes) else int(value)
    number %= 2**bits
    is_negative = int(header.get("PixelRepresentation") or 0) == 1 and number >= 2 ** (bits - 1)
    return number - 2**bits if is_negative else number


def _numbers(header: Any, name: str, count: int) -> FloatArray | None:
    values = header.get(name)
    if values is None or isinstance(values, str) or len(values) != count:
        return None
    return np.array([float(value) for value in values])
