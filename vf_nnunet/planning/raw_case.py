"""A case of a raw dataset, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import InputError
from evaluation.maps.nifti import open_nifti

FILE_ENDING = ".nii.gz"
"""The only format that the evaluation, the model selection and the benchmark read."""
IMAGE_FOLDER, LABEL_FOLDER = "imagesTr", "labelsTr"


@dataclass(frozen=True)
class RawCase:
    """The files of a case.

    Attributes:
        case_id: Its name.
        images: One file per channel.
        label: The file of its labels.
    """

    case_id: str
    images: tuple[Path, ...]
    label: Path


@dataclass(frozen=True, eq=False)
class CaseVoxels:
    """The voxels of a case on the axes on which they are stored, as nnU-Net's `NibabelIO` reads them.

    Attributes:
        channels: For each channel the voxels (z, y, x): integers as they are stored, other numbers in float32.
        labels: (z, y, x), integers.
        spacing: (z, y, x) in mm, from the header's voxel sizes.
        affine: Voxel index (x, y, z) to RAS mm, as nibabel reads it.
    """

    channels: tuple[npt.NDArray[Any], ...]
    labels: npt.NDArray[np.signedinteger]
    spacing: tuple[float, float, float]
    affine: npt.NDArray[np.float64]


def raw_cases(raw: Path, description: Mapping[str, Any]) -> list[RawCase]:
    """The cases of a checked raw dataset, in nnU-Net's order.

    Args:
        raw: `nnUNet_raw/<dataset>`.
        description: Content of its `dataset.json`.
    """
    channels = sorted(int(channel) for channel in description["channel_names"])
    names = sorted(path.name.removesuffix(FILE_ENDING) for path in (raw / LABEL_FOLDER).glob(f"*{FILE_ENDING}"))
    return [
        RawCase(
            name,
            tuple(raw / IMAGE_FOLDER / f"{name}_{channel:04d}{FILE_ENDING}" for channel in channels),
            raw / LABEL_FOLDER / f"{name}{FILE_ENDING}",
        )
        for name in names
    ]


def read_case(case: RawCase, highest_label: int) -> CaseVoxels:
    """Read and check the voxels of a case.

    Args:
        case: Its files.
        highest_label: Largest value that a label can have.

    Raises:
        InputError: If a file is truncated or damaged, values are not finite, or labels are others than expected; all
            problems at once.
    """
    problems: list[str] = []
    arrays = []
    for path in (*case.images, case.label):
        try:
            arrays.append(_read_numbers(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    *channels, labels = arrays
    image = open_nifti(case.images[0]).image
    x, y, z = (float(size) for size in image.header.get_zooms())
    return CaseVoxels(tuple(channels), _whole_labels(case.label, labels, highest_label), (z, y, x), image.affine)


def _read_numbers(path: Path) -> npt.NDArray[Any]:
    """The voxels (z, y, x), with the values that nnU-Net reads."""
    file = open_nifti(path)
    scaling, stored = file.image.dataobj, file.read_stored()
    if stored.dtype.kind in "iu" and (scaling.slope, scaling.inter) == (1, 0):
        return stored.astype(stored.dtype.newbyteorder("="), copy=False)
    numbers = np.empty(stored.shape, dtype=np.float32)
    for plane, values in zip(numbers, stored, strict=True):
        # In float64, as nibabel scales for nnU-Net, but without a copy of the image in it.
        plane[:] = values.astype(np.float64) * scaling.slope + scaling.inter
    broken = sum(int(np.count_nonzero(~np.isfinite(plane))) for plane in numbers)
    if broken:
        raise InputError(f"{path}: {broken} of {numbers.size} voxels are NaN or infinite; expected finite values")
    return numbers


def _whole_labels(path: Path, labels: npt.NDArray[Any], highest: int) -> npt.NDArray[np.signedinteger]:
    lowest, largest = float(labels.min()), float(labels.max())
    if lowest < 0 or largest > highest:
        raise InputError(f"{path}: labels from {lowest:g} to {largest:g}; expected 0..{highest} as in dataset.json")
    whole: npt.NDArray[np.signedinteger] = labels.astype(np.int8 if highest <= np.iinfo(np.int8).max else np.int16)
    if labels.dtype.kind == "f" and not all(np.array_equal(a, b) for a, b in zip(labels, whole, strict=True)):
        raise InputError(f"{path}: labels that are not whole numbers; expected 0..{highest} as in dataset.json")
    return whole
