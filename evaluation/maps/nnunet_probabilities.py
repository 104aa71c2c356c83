"""Probabilities as nnU-Net saves them (`--npz`, `--save_probabilities`).

`<case>.npz` holds a float array (classes, z, y, x) named `probabilities` on the grid of the original image. The header
of the segmentation `<case>.nii.gz` beside it gives that grid. nnU-Net's `<case>.pkl` is not read, because unpickling
runs any code in the file.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import FRACTURE, FRACTURE_GRADE_NAMES, FRACTURE_NAME, LabelClasses
from evaluation.maps.nifti import VolumeFile, open_nifti

SUFFIX = ".npz"
KEY = "probabilities"

UNREADABLE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, eq=False)
class NnunetProbabilities(VolumeFile):
    """nnU-Net's probabilities of one class or the sum of several, an `.npz` file.

    Attributes:
        labels: Indices of the classes.
    """

    labels: tuple[int, ...]

    def read(self) -> FloatArray:
        """The classes' probability as float32 (z, y, x).

        Raises:
            InputError: If the file is truncated or damaged.
        """
        try:
            with np.load(self.path, allow_pickle=False) as arrays:
                probabilities = arrays[KEY]
                return _sum(np.array(probabilities[label], dtype=np.float32) for label in self.labels)
        except UNREADABLE as error:
            raise InputError(f"{self.path}: truncated or damaged ({error}); expected a complete .npz file") from error


def _sum(parts: Iterable[FloatArray]) -> FloatArray:
    """The sum of arrays, which reuses the memory of the first."""
    first, *others = parts
    for other in others:
        first += other
    return first


def open_nnunet_probabilities(path: Path, labels: tuple[int, ...]) -> NnunetProbabilities:
    """Check the array's shape against the segmentation beside it, without reading voxels.

    Args:
        path: The `.npz` file.
        labels: Indices of the classes whose sum is read.

    Raises:
        InputError: If a file is missing or cannot be read, or the shapes differ.
    """
    segmentation = path.with_name(path.name[: -len(SUFFIX)] + ".nii.gz")
    if not segmentation.is_file():
        raise InputError(
            f"{segmentation}: missing; expected nnU-Net's segmentation, which gives the grid of {path.name}"
        )
    grid = open_nifti(segmentation)
    shape = _shape_of(path)
    if len(shape) != 4 or shape[1:] != grid.shape or not all(0 <= label < shape[0] for label in labels):
        named = ", ".join(map(str, labels))
        raise InputError(
            f"{path}: {KEY} have shape {shape}; expected (classes, z, y, x) with class {named} and {grid.shape} "
            f"voxels, the grid of {segmentation.name}"
        )
    return NnunetProbabilities(path, grid.shape, grid.affine, labels)


def read_classes(dataset_json: Path) -> LabelClasses | None:
    """The classes of a dataset with a class for each grade; None if it has one class of fractures or is missing.

    Raises:
        InputError: If the file is not nnU-Net's, or lacks classes.
    """
    labels = _read_description(dataset_json).get("labels", {}) if dataset_json.is_file() else {}
    if FRACTURE_NAME in labels or not any(name in labels for name in FRACTURE_GRADE_NAMES):
        return None
    return LabelClasses.from_description(_read_description(dataset_json), dataset_json)


def fracture_labels(dataset_json: Path, fracture_grade: int | None = None) -> tuple[int, ...]:
    """Values of the classes of fractures in nnU-Net's `dataset.json`; 2 if there is no such file.

    Args:
        dataset_json: The file.
        fracture_grade: Lowest grade whose class counts as a fracture; None takes that of the file. It matters only
            where each grade has a class.

    Raises:
        InputError: If the file is not nnU-Net's, or has neither a single label named `fracture` nor one for each grade.
    """
    if not dataset_json.is_file():
        return (FRACTURE,)
    classes = read_classes(dataset_json)
    if classes is not None:
        return (classes if fracture_grade is None else replace(classes, fracture_grade=fracture_grade)).fracture
    labels = _read_description(dataset_json)["labels"]
    label = labels.get(FRACTURE_NAME)
    if not isinstance(label, int):
        raise InputError(
            f"{dataset_json}: labels {labels}; expected one label named {FRACTURE_NAME}, or one for each of "
            f"{', '.join(FRACTURE_GRADE_NAMES)}"
        )
    return (label,)


def _read_description(dataset_json: Path) -> dict[str, Any]:
    """Content of a `dataset.json` with labels."""
    try:
        content: dict[str, Any] = json.loads(dataset_json.read_text(encoding="utf-8"))
        content["labels"].get(FRACTURE_NAME)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{dataset_json}: cannot be read ({error!r}); expected nnU-Net's dataset.json") from error
    return content


def _shape_of(path: Path) -> tuple[int, ...]:
    """Shape from the array's header, without decompressing hundreds of megabytes."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{KEY}.npy") as stream:
            version = np.lib.format.read_magic(stream)
            header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            return tuple(int(size) for size in header(stream)[0])
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read ({error}); expected an .npz file with {KEY}") from error
