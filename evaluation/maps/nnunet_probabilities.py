"""Probabilities as nnU-Net saves them (`--npz`, `--save_probabilities`).

`<case>.npz` holds a float array (classes, z, y, x) named `probabilities` on the grid of the original image. The header
of the segmentation `<case>.nii.gz` beside it gives that grid. nnU-Net's `<case>.pkl` is not read, because unpickling
runs any code in the file.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import FRACTURE, FRACTURE_NAME
from evaluation.maps.nifti import VolumeFile, open_nifti

SUFFIX = ".npz"
KEY = "probabilities"

UNREADABLE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, eq=False)
class NnunetProbabilities(VolumeFile):
    """nnU-Net's probabilities of one class, an `.npz` file.

    Attributes:
        label: Index of the class.
    """

    label: int

    def read(self) -> FloatArray:
        """The class's probability as float32 (z, y, x).

        Raises:
            InputError: If the file is truncated or damaged.
        """
        try:
            with np.load(self.path, allow_pickle=False) as arrays:
                return np.array(arrays[KEY][self.label], dtype=np.float32)
        except UNREADABLE as error:
            raise InputError(f"{self.path}: truncated or damaged ({error}); expected a complete .npz file") from error


def open_nnunet_probabilities(path: Path, label: int) -> NnunetProbabilities:
    """Check the array's shape against the segmentation beside it, without reading voxels.

    Args:
        path: The `.npz` file.
        label: Index of the class to read.

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
    if len(shape) != 4 or shape[1:] != grid.shape or not 0 <= label < shape[0]:
        raise InputError(
            f"{path}: {KEY} have shape {shape}; expected (classes, z, y, x) with class {label} and {grid.shape} "
            f"voxels, the grid of {segmentation.name}"
        )
    return NnunetProbabilities(path, grid.shape, grid.affine, label)


def fracture_label(dataset_json: Path) -> int:
    """Value of the fracture class in nnU-Net's `dataset.json`; 2 if there is no such file.

    Raises:
        InputError: If the file is not nnU-Net's, or has no single label named `fracture`.
    """
    if not dataset_json.is_file():
        return FRACTURE
    try:
        labels = json.loads(dataset_json.read_text(encoding="utf-8"))["labels"]
        label = labels.get(FRACTURE_NAME)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{dataset_json}: cannot be read ({error!r}); expected nnU-Net's dataset.json") from error
    if not isinstance(label, int):
        raise InputError(f"{dataset_json}: labels {labels}; expected one label named {FRACTURE_NAME}")
    return label


def _shape_of(path: Path) -> tuple[int, ...]:
    """Shape from the array's header, without decompressing hundreds of megabytes."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{KEY}.npy") as stream:
            version = np.lib.format.read_magic(stream)
            header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            return tuple(int(size) for size in header(stream)[0])
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read ({error}); expected an .npz file with {KEY}") from error
