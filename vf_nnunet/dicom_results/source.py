"""The CT series that results refer to: its headers, and where each of its frames lies in the patient."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from dataset_conversion.images.dicom.files import ignored_violations
from dataset_conversion.spine.errors import InputError, first_line
from dataset_conversion.spine.geometry import FloatArray
from vf_nnunet.dicom_results.patient import prepare

NEEDED = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")
"""UIDs that every object refers to (type 1 in the standard)."""
LARGEST_TILT = 0.5
"""Angle in degrees between a stack and the normal of its slices from which on they count as tilted."""
MULTIFRAME = "PerFrameFunctionalGroupsSequence"


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of the series.

    Attributes:
        instance: Header of the file that holds it.
        number: Its number in the file, from 1; None in a file of one image.
        origin: Centre (x, y, z) of the first pixel, LPS mm.
        steps: (2, 3), LPS mm from one column to the next and from one row to the next.
    """

    instance: Dataset
    number: int | None
    origin: FloatArray
    steps: FloatArray

    @property
    def normal(self) -> FloatArray:
        """The unit vector across the image."""
        across = np.cross(*self.steps)
        return np.asarray(across / np.linalg.norm(across))

    def place(self, points: FloatArray) -> FloatArray:
        """Where points lie in the image.

        Args:
            points: (n, 3), LPS mm.

        Returns:
            (n, 3): column, row, neither rounded, and distance in mm across the image.
        """
        return np.asarray((np.atleast_2d(points) - self.origin) @ self._inverse)

    @cached_property
    def _inverse(self) -> FloatArray:
        return np.linalg.inv(np.vstack([self.steps, self.normal]))


@dataclass(frozen=True, eq=False)
class SourceSeries:
    """The series that a result was made from.

    Attributes:
        instances: Headers of its files in the order of the slices, without pixels.
        warnings: What objects cannot take over, one sentence each.
    """

    instances: tuple[Dataset, ...]
    warnings: Sequence[str] = ()

    @property
    def first(self) -> Dataset:
        """The header that patient and study are taken from."""
        return self.instances[0]

    @property
    def is_multiframe(self) -> bool:
        """Whether a file holds all images."""
        return MULTIFRAME in self.first

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.first.Rows), int(self.first.Columns)

    @property
    def frame_of_reference(self) -> str:
        """FrameOfReferenceUID."""
        return str(self.first.FrameOfReferenceUID)

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """All images in the order of the files, those of a multi-frame file in their order there."""
        return tuple(frame for instance in self.instances for frame in _frames(instance))

    @cached_property
    def identity(self) -> str:
        """The UIDs of its instances."""
        return " ".join(str(instance.SOPInstanceUID) for instance in self.instances)

    def instances_of(self, frames: Iterable[Frame]) -> list[Dataset]:
        """The headers of the files that hold these frames, each once; from the first, a patient can be taken."""
        instances = {str(frame.instance.SOPInstanceUID): frame.instance for frame in frames}
        prepare(next(iter(instances.values())))
        return list(instances.values())


def read_source(files: Sequence[Path]) -> SourceSeries:
    """Read the headers of a series.

    Args:
        files: Its files in the order of the slices.

    Raises:
        InputError: If a file cannot be read, or results could not refer to it.
    """
    instances = tuple(_read(path) for path in files)
    problems = [*_missing(files, instances), *_not_one_series(files, instances)]
    if problems:
        raise InputError(problems)
    source = SourceSeries(instances, prepare(instances[0]))
    try:
        warnings = [*source.warnings, *_tilt(source.frames)]
    except (AttributeError, KeyError, IndexError, ValueError) as error:
        raise InputError(
            f"{files[0].parent}: no place in the patient ({first_line(str(error))}); expected ImagePositionPatient, "
            "ImageOrientationPatient and PixelSpacing of each image"
        ) from error
    return replace(source, warnings=[f"{files[0].parent}: {warning}" for warning in warnings])


def _tilt(frames: Sequence[Frame]) -> list[str]:
    along = frames[-1].origin - frames[0].origin
    length = float(np.linalg.norm(along))
    if length == 0 or abs(float(along @ frames[0].normal)) >= np.cos(np.radians(LARGEST_TILT)) * length:
        return []
    return [
        "tilted slices: the segments of the DICOM objects lie on them, but programs that stack frames at right angles, "
        "such as those of ITK, show them elsewhere; the points of the report hold everywhere"
    ]


def _read(path: Path) -> Dataset:
    try:
        with ignored_violations():
            header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    except Exception as error:  # pydicom's exceptions have no common base class
        raise InputError(f"{path}: cannot be read ({first_line(str(error))}); expected a DICOM image") from error
    return header


def _missing(files: Sequence[Path], instances: Sequence[Dataset]) -> list[str]:
    lacking = ([name for name in NEEDED if not header.get(name)] for header in instances)
    broken = [(path, names) for path, names in zip(files, lacking, strict=True) if names]
    if not broken:
        return []
    path, names = broken[0]
    others = f" and {len(broken) - 1} other files" if len(broken) > 1 else ""
    return [f"{path}{others}: no {', '.join(names)}; expected it, for DICOM results to refer to it"]


def _not_one_series(files: Sequence[Path], instances: Sequence[Dataset]) -> list[str]:
    folder = files[0].parent
    counts = {name: len({header.get(name) for header in instances}) for name in NEEDED[2:]}
    problems = [
        f"{folder}: {count} values of {name}; expected one, for DICOM results to refer to it"
        for name, count in counts.items()
        if count > 1
    ]
    if len(instances) > 1 and any(MULTIFRAME in header for header in instances):
        problems.append(f"{folder}: {len(instances)} multi-frame files; expected one, for DICOM results to refer to it")
    if len({header.get("SOPInstanceUID") for header in instances}) < len(instances):
        problems.append(f"{folder}: SOPInstanceUID of several slices; expected one for each, for DICOM results")
    return problems


def _frames(instance: Dataset) -> Iterator[Frame]:
    if MULTIFRAME not in instance:
        yield _frame(
            instance, None, instance.ImagePositionPatient, instance.ImageOrientationPatient, instance.PixelSpacing
        )
        return
    shared = instance.SharedFunctionalGroupsSequence[0]
    for number, group in enumerate(instance.PerFrameFunctionalGroupsSequence, start=1):
        position = _of_either(group, shared, "PlanePositionSequence").ImagePositionPatient
        orientation = _of_either(group, shared, "PlaneOrientationSequence").ImageOrientationPatient
        spacing = _of_either(group, shared, "PixelMeasuresSequence").PixelSpacing
        yield _frame(instance, number, position, orientation, spacing)


def _of_either(group: Dataset, shared: Dataset, name: str) -> Dataset:
    return (group if name in group else shared)[name].value[0]


def _frame(instance: Dataset, number: int | None, position: Any, orientation: Any, spacing: Any) -> Frame:
    # PixelSpacing is (between rows, between columns), but the orientation is (along a row, along a column).
    directions = np.array([float(value) for value in orientation]).reshape(2, 3)
    distances = np.array([float(value) for value in spacing])[::-1, np.newaxis]
    return Frame(instance, number, np.array([float(value) for value in position]), directions * distances)
