"""Preprocess one case: read it once, and write the files that nnU-Net's `DefaultPreprocessor` writes."""

import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blosc2
import numpy as np
import numpy.typing as npt
from nnunetv2.training.dataloading.nnunet_dataset import comp_blosc2_params

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_file
from vf_nnunet.inference.preprocessing import ImageResampling, image_resampling, network_slabs, z_score
from vf_nnunet.nnunet.normalisation import IntensityScale
from vf_nnunet.planning.class_locations import Classes, class_locations
from vf_nnunet.planning.label_resampling import resample_labels
from vf_nnunet.planning.nonzero_region import Bounds, crop_zeros
from vf_nnunet.planning.raw_case import CaseVoxels, RawCase, read_case

SUFFIXES = (".b2nd", "_seg.b2nd", ".pkl")
"""Endings of a case's files: image, labels and properties."""
COMPRESSION_LEVEL = 9
"""Of LZ4. nnU-Net uses LZ4HC, which writes files of resampled images that are 2 % smaller in eight times the time."""


@dataclass(frozen=True)
class CasePlan:
    """What the plans say about the preprocessing of every case.

    Attributes:
        spacing: Spacing (z, y, x) of the network's grid in mm.
        patch_size: Voxels (z, y, x) that the training reads at a time, for which the files are divided into chunks.
        highest_label: Largest value of a label.
        location_classes: Classes whose voxels are drawn for the training.
        scales: The normalisation of each channel; None for a z-score over the image.
    """

    spacing: tuple[float, float, float]
    patch_size: tuple[int, int, int]
    highest_label: int
    location_classes: Classes
    scales: tuple[IntensityScale | None, ...]


@dataclass(frozen=True, eq=False)
class CaseSummary:
    """What the dataset's fingerprint needs of a case.

    Attributes:
        shape: Voxels (z, y, x) after cropping.
        spacing: Spacing (z, y, x) of the image in mm.
        relative_size: Share of the voxels that cropping left.
        foreground: (channels, voxels): the image at the labelled voxels, in their order.
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    relative_size: float
    foreground: npt.NDArray[Any]


def preprocess_case(case: RawCase, folder: Path, plan: CasePlan) -> tuple[CaseSummary, npt.NDArray[Any]]:
    """Read a case, and write its resampled image, labels and properties into `folder`.

    The results are those of nnU-Net's preprocessor: labels, properties and drawn voxels exactly, the intensities to
    4e-6. The image is resampled and written some planes at a time.

    Returns:
        The summary, and the voxels (z, y, x) of the first channel as they were read.

    Raises:
        InputError: If the case cannot be used; all problems at once.
    """
    voxels = read_case(case, plan.highest_label)
    channels, labels, bounds = _crop(case, voxels)
    resampling = image_resampling(labels.shape, voxels.spacing, plan.spacing)
    resampled = resample_labels(labels, resampling.shape, resampling.separate)
    properties = {
        "nibabel_stuff": {"original_affine": voxels.affine},
        "spacing": list(voxels.spacing),
        "shape_before_cropping": voxels.labels.shape,
        "bbox_used_for_cropping": [list(pair) for pair in bounds],
        "shape_after_cropping_and_before_resampling": labels.shape,
        "class_locations": class_locations(resampled, plan.location_classes),
    }
    _write_image(folder / f"{case.case_id}.b2nd", channels, resampling, plan)
    _write_labels(folder / f"{case.case_id}_seg.b2nd", resampled, plan.patch_size)
    with atomic_file(folder / f"{case.case_id}.pkl") as temporary, temporary.open("wb") as stream:
        pickle.dump(properties, stream)
    return _summary(voxels, channels, labels), voxels.channels[0]


def summarise_case(case: RawCase, highest_label: int) -> CaseSummary:
    """Read a case for the fingerprint alone.

    Raises:
        InputError: If the case cannot be used; all problems at once.
    """
    voxels = read_case(case, highest_label)
    channels, labels, _ = _crop(case, voxels)
    return _summary(voxels, channels, labels)


def _crop(case: RawCase, voxels: CaseVoxels) -> tuple[list[npt.NDArray[Any]], npt.NDArray[np.signedinteger], Bounds]:
    try:
        return crop_zeros(voxels.channels, voxels.labels)
    except InputError as error:
        raise InputError([f"{case.images[0]}: {problem}" for problem in error.problems]) from error


def _summary(
    voxels: CaseVoxels, channels: Sequence[npt.NDArray[Any]], labels: npt.NDArray[np.signedinteger]
) -> CaseSummary:
    labelled = labels > 0
    return CaseSummary(
        labels.shape,
        voxels.spacing,
        math.prod(labels.shape) / math.prod(voxels.labels.shape),
        np.stack([channel[labelled] for channel in channels]),
    )


def _write_image(path: Path, channels: Sequence[npt.NDArray[Any]], resampling: ImageResampling, plan: CasePlan) -> None:
    shape = (len(channels), *resampling.shape)
    # Interpolated values compress better with their bytes sorted; the few values of a CT that keeps its grid do not.
    interpolated = any(axis is not None for axis in resampling.axes)
    array = _create(path, shape, np.float32, plan.patch_size, shuffle=interpolated)
    for number, (channel, scale) in enumerate(zip(channels, plan.scales, strict=True)):
        for planes, slab in network_slabs(channel, resampling, array.chunks[1], scale or z_score(channel)):
            array[number : number + 1, planes] = slab[np.newaxis]


def _write_labels(path: Path, labels: npt.NDArray[Any], patch_size: Sequence[int]) -> None:
    array = _create(path, (1, *labels.shape), np.int16, patch_size, shuffle=True)
    array[:] = labels[np.newaxis].astype(np.int16, copy=False)


def _create(path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike, patch_size: Sequence[int], shuffle: bool) -> Any:
    """An empty file of blosc2 with nnU-Net's blocks and chunks."""
    blocks, chunks = comp_blosc2_params(shape, tuple(patch_size), np.dtype(dtype).itemsize)
    compression = {
        "codec": blosc2.Codec.LZ4,
        "clevel": COMPRESSION_LEVEL,
        "filters": [blosc2.Filter.SHUFFLE if shuffle else blosc2.Filter.NOFILTER],
        "nthreads": 1,
    }
    return blosc2.empty(
        shape, dtype=dtype, urlpath=str(path), mode="w", chunks=chunks, blocks=blocks, cparams=compression
    )
