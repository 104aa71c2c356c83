"""Volumes for the report's interactive viewer: a CT and its map on one grid, cropped to the spine.

The CT is resampled linearly onto the grid of the map. Both become compressed NIfTI files: Hounsfield units as int16,
probabilities as uint8, because steps of 1/255 are fine enough for display.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nibabel
import numpy as np
from scipy import ndimage

from dataset_conversion.spine.geometry import RAS_TO_LPS, FloatArray, index_to_world, world_to_index
from evaluation.cohort.cases import Case
from evaluation.cohort.images import read_map
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import dequantise
from evaluation.report.overlay import STYLE
from evaluation.report.sagittal import SagittalPlane

AIR = -1024
"""Lowest Hounsfield unit in the viewer."""

HIGHEST = 3071
"""Highest Hounsfield unit in the viewer."""

BYTE = 255

LATERAL_MARGIN = 40.0
"""Margin to the left and right of the spine, in mm."""

MARGINS = SagittalPlane()
"""The other margins are those of the sagittal pictures."""

BASE64_GROWTH = 4 / 3
"""Factor by which base64 enlarges a file."""

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class ViewerCase:
    """One case in the viewer.

    Attributes:
        case: The case.
        ct: Hounsfield units, a compressed NIfTI file.
        probability: Probability of fracture on the same grid, likewise.
    """

    case: Case
    ct: bytes
    probability: bytes

    @property
    def size(self) -> float:
        """Size in the report, in MB."""
        return (len(self.ct) + len(self.probability)) * BASE64_GROWTH / MEGABYTE


def viewer_cases(
    cases: Sequence[Case], images: Mapping[str, NiftiFile], largest_number: int, megabytes: float
) -> list[ViewerCase]:
    """Cut out the first cases that fit. A case that would exceed the total size is skipped.

    Args:
        cases: Cases in display order.
        images: CT of each case.
        largest_number: Largest number of cases.
        megabytes: Largest total size in the report.

    Raises:
        InputError: If a CT or map cannot be read completely.
    """
    chosen: list[ViewerCase] = []
    for case in cases:
        if len(chosen) == largest_number:
            break
        candidate = cut_out(case, images[case.source.case_id])
        if sum(other.size for other in chosen) + candidate.size <= megabytes:
            chosen.append(candidate)
    return chosen


def cut_out(case: Case, image: NiftiFile) -> ViewerCase:
    """Cut one case out of its CT and map."""
    probability_map = read_map(case)
    start, stop = box_around(probability_map, np.array([vertebra.centroid for vertebra in case.vertebrae]))
    inside = tuple(slice(low, high) for low, high in zip(start, stop, strict=True))
    affine = probability_map.affine.copy()
    affine[:3, 3] = index_to_world(affine, start)[0]
    probability = dequantise(probability_map.quantised[inside])
    shown = np.where(probability >= STYLE.lowest_probability, probability, 0)
    hounsfield = np.clip(np.rint(_resample(image, affine, probability.shape)), AIR, HIGHEST)
    return ViewerCase(
        case=case,
        ct=nifti_bytes(hounsfield.astype(np.int16), affine, slope=1.0),
        probability=nifti_bytes(np.rint(shown * BYTE).astype(np.uint8), affine, slope=1 / BYTE),
    )


def box_around(probability_map: ProbabilityMap, centroids: FloatArray) -> tuple[list[int], list[int]]:
    """The box around the spine, clipped to the map.

    Args:
        probability_map: The map.
        centroids: (n, 3) LPS mm (x, y, z).

    Returns:
        First index and one past the last index (z, y, x).
    """
    before = (LATERAL_MARGIN, MARGINS.anterior, MARGINS.longitudinal)
    behind = (LATERAL_MARGIN, MARGINS.posterior, MARGINS.longitudinal)
    low, high = centroids.min(axis=0) - before, centroids.max(axis=0) + np.array(behind)
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), axis=-1).reshape(-1, 3)
    index = probability_map.world_to_index(corners)
    shape = probability_map.shape
    start = np.clip(np.floor(index.min(axis=0)), 0, shape).astype(int)
    stop = np.clip(np.ceil(index.max(axis=0)) + 1, 0, shape).astype(int)
    return start.tolist(), stop.tolist()


def _resample(image: NiftiFile, affine: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """The CT on another grid, in Hounsfield units (z, y, x), with air outside the CT."""
    corners = np.vstack([np.zeros(3), np.eye(3)])
    origin, *ends = world_to_index(image.affine, index_to_world(affine, corners))
    matrix = np.column_stack([end - origin for end in ends])
    resampled: FloatArray = ndimage.affine_transform(
        image.read(), matrix, origin, output_shape=shape, order=1, mode="constant", cval=AIR
    )
    return resampled


def nifti_bytes(
    voxels: np.ndarray[Any, np.dtype[Any]],
    affine: FloatArray,
    slope: float,
    intercept: float = 0.0,
    compression: int = 9,
) -> bytes:
    """A compressed NIfTI file.

    Args:
        voxels: (z, y, x).
        affine: 4x4, voxel index (x, y, z) to LPS mm.
        slope: Value per step of a voxel.
        intercept: Value of a voxel of 0.
        compression: gzip's level, 1 to 9.
    """
    image: Any = nibabel.Nifti1Image(np.asfortranarray(voxels.T), RAS_TO_LPS @ affine)
    image.header.set_xyzt_units("mm")
    image.header.set_slope_inter(slope, intercept)
    # No time stamp, so that equal volumes give equal reports.
    return gzip.compress(image.to_bytes(), compresslevel=compression, mtime=0)
