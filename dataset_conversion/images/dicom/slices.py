"""Read the headers of DICOM images with pydicom: one slice for a file, or one for each frame of an enhanced image."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.images.dicom.details import DETAIL_TAGS, Details, read_details
from dataset_conversion.images.dicom.files import ignored_violations, object_kind, read_dicom_header
from dataset_conversion.images.dicom.frames import GROUP_TAGS, frame_headers
from dataset_conversion.spine.errors import InputError, first_line
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.records.passed_over import PassedOver

_TAGS = [
    "SOPClassUID",
    "SeriesInstanceUID",
    "SeriesDescription",
    "Modality",
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
    *DETAIL_TAGS,
]
_FRAME_TAGS = frozenset({*_TAGS, "FrameType"})


UNIT_TOLERANCE = 0.01
"""Largest difference of the length of a direction from 1. Files often keep two or three decimals."""


@dataclass(frozen=True, eq=False)
class Slice:
    """One DICOM image: a file, or a frame of an enhanced multi-frame one.

    Attributes:
        path: The file.
        series: SeriesInstanceUID.
        description: SeriesDescription.
        modality: "CT", "MR" and so on; empty if the file does not say.
        patient: PatientID; empty if the file does not say.
        localiser: Whether it is a scanner's overview image.
        samples: Values per voxel, 3 in a colour image.
        frames: Number of images in a file that does not say where each lies; otherwise 1.
        size: Columns and rows.
        steps: (2, 3), mm from one column to the next and from one row to the next, in LPS; None if the file does not
            say.
        position: (3,), LPS mm of the first voxel; None if the file does not say.
        rescale: Slope and intercept to Hounsfield units.
        photometric: PhotometricInterpretation: how the values are to be displayed.
        padding: Lowest and highest Hounsfield unit of voxels that are padding; None if the file declares none.
        details: What the file says of its acquisition.
        frame: Number of the frame in the file, from 0; None for a file with one image.
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
    details: Details = field(default_factory=Details)
    frame: int | None = None

    @property
    def name(self) -> str:
        """The name of the file, and the number of the frame from 1."""
        return self.path.name if self.frame is None else f"{self.path.name} frame {self.frame + 1}"


@dataclass(frozen=True)
class ReadHeaders:
    """The headers of many files.

    Attributes:
        slices: The images.
        passed_over: DICOM objects that are not images, such as reports.
        damaged: Files that cannot be read, and why.
    """

    slices: list[Slice]
    passed_over: list[PassedOver]
    damaged: dict[Path, str]


def read_headers(files: Iterable[Path]) -> ReadHeaders:
    """Read the headers of DICOM files."""
    read = ReadHeaders([], [], {})
    for path in files:
        try:
            with ignored_violations():
                found = _read_file(path)
        except InputError as error:
            read.damaged[path] = str(error)
            continue
        if isinstance(found, PassedOver):
            read.passed_over.append(found)
        else:
            read.slices.extend(found)
    return read


def _read_file(path: Path) -> list[Slice] | PassedOver:
    header = read_dicom_header(path, [*_TAGS, *GROUP_TAGS])
    kind = object_kind(header)
    if kind is not None:
        return PassedOver(path, kind)
    try:
        frames = frame_headers(header, _FRAME_TAGS)
        if not frames:
            return [_slice_of(path, header)]
        return [_slice_of(path, frame, number) for number, frame in enumerate(frames)]
    except InputError:
        raise
    except Exception as error:  # values of any type and form
        raise InputError(f"cannot be read ({first_line(str(error))}); expected a complete DICOM image") from error


def _slice_of(path: Path, header: Any, frame: int | None = None) -> Slice:
    return Slice(
        path=path,
        series=str(header.get("SeriesInstanceUID") or ""),
        description=str(header.get("SeriesDescription") or ""),
        modality=str(header.get("Modality") or ""),
        patient=str(header.get("PatientID") or "").strip(),
        localiser="LOCALIZER" in (header.get("ImageType") or ()),
        samples=int(header.get("SamplesPerPixel") or 1),
        frames=1 if frame is not None else int(header.get("NumberOfFrames") or 1),
        size=_size(header),
        steps=_steps(header),
        position=_numbers(header, "ImagePositionPatient", 3),
        rescale=_rescale(header),
        photometric=str(header.get("PhotometricInterpretation") or "MONOCHROME2"),
        padding=_padding(header),
        details=read_details(header),
        frame=frame,
    )


def _size(header: Any) -> tuple[int, int]:
    columns, rows = (int(header.get(name) or 0) for name in ("Columns", "Rows"))
    if columns < 1 or rows < 1:
        raise InputError(f"cannot be read (Columns {columns}, Rows {rows}); expected a complete DICOM image")
    return columns, rows


def _steps(header: Any) -> FloatArray | None:
    spacing = _numbers(header, "PixelSpacing", 2)
    orientation = _numbers(header, "ImageOrientationPatient", 6)
    if spacing is None or orientation is None:
        return None
    _check_steps(spacing, orientation)
    # PixelSpacing is (between rows, between columns), but the orientation is (along a row, along a column).
    return orientation.reshape(2, 3) * spacing[::-1, np.newaxis]


def _check_steps(spacing: FloatArray, orientation: FloatArray) -> None:
    """Refuse directions that are not cosines and distances that are not positive, which would scale or mirror."""
    lengths = np.linalg.norm(orientation.reshape(2, 3), axis=1)
    if not (np.abs(lengths - 1) <= UNIT_TOLERANCE).all():
        raise InputError(f"ImageOrientationPatient {orientation.tolist()}; expected two directions of length 1")
    if not (spacing > 0).all():
        raise InputError(f"PixelSpacing {spacing.tolist()}; expected distances above 0 mm")


def _rescale(header: Any) -> tuple[float, float]:
    slope, intercept = (header.get(name) for name in ("RescaleSlope", "RescaleIntercept"))
    return float(1 if slope in (None, "") else slope), float(intercept or 0)


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
