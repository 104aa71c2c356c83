"""Anterior, middle and posterior height of a vertebral body, measured on a mask.

Six-point morphometry in the mid-sagittal plane: heights along the local direction of the spine, at three positions
along the depth of the body. In this plane the spinal canal separates the body from the arch, so the body is the run of
mask around the centroid. Masks of whole vertebrae and of bodies alone therefore give the same heights.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from dataset_conversion.spine.geometry import FloatArray, world_to_index
from dataset_conversion.spine.heights import Heights
from dataset_conversion.spine.settings import settings

Millimetres = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]

POSTERIOR = np.array([0.0, 1.0, 0.0])
"""Direction towards the back of the patient, in LPS."""


@settings
class HeightSettings:
    """How heights are measured.

    Attributes:
        places: Positions along the depth, from 0 at the anterior to 1 at the posterior wall; inside the rounded edges
            and osteophytes.
        slab: Half the thickness in mm of the mid-sagittal slab whose columns are averaged; less than half of a narrow
            canal.
        reach: Extent of the search around the centroid in mm, along the depth and along the height.
        step: Distance between samples in mm.
        wall: The body ends where its height falls below this share of the height at the centroid. Osteophytes beyond
            the walls are lower; the anterior edge of the most severe wedge is higher.
    """

    places: tuple[Share, Share, Share] = (0.15, 0.5, 0.85)
    slab: Annotated[float, Field(ge=0)] = 2.0
    reach: tuple[Millimetres, Millimetres] = (40.0, 30.0)
    step: Millimetres = 0.5
    wall: Share = 1 / 3


DEFAULT_SETTINGS = HeightSettings()


def spine_directions(centroids: FloatArray) -> FloatArray:
    """Unit vectors (n, 3) up the spine at centroids (n, 3) in LPS mm, given from the top down.

    The direction at a vertebra is that between its two neighbours, at an end that to its only neighbour. A single
    vertebra gets the patient's axis.
    """
    if len(centroids) == 1:
        return np.array([[0.0, 0.0, 1.0]])
    around = np.concatenate([centroids[:1], centroids, centroids[-1:]])
    upwards = around[:-2] - around[2:]
    directions: FloatArray = upwards / np.linalg.norm(upwards, axis=1, keepdims=True)
    return directions


def measure_heights(
    mask: npt.NDArray[np.number[Any]],
    affine: FloatArray,
    label: float,
    centroid: FloatArray,
    up: FloatArray,
    settings: HeightSettings = DEFAULT_SETTINGS,
) -> Heights | None:
    """Heights of the body with this label; None if the image cuts it off.

    Args:
        mask: (z, y, x), one label per vertebra.
        affine: 4x4, voxel index (x, y, z) to LPS mm.
        label: Label of the vertebra, which the voxel at the centroid has.
        centroid: (3,), LPS mm.
        up: (3,), unit vector up the spine.
        settings: How heights are measured.
    """
    depths, heights = (_symmetric(reach, settings.step) for reach in settings.reach)
    occupancy = _sample(mask, label, affine, centroid, up, (depths, heights), settings)
    profile = occupancy.sum(axis=2).mean(axis=1) * settings.step
    first, last = _body_run(profile, settings.wall)
    # The border is repeated beyond the image, so a body that is cut off reaches the ends of the samples.
    if first == 0 or last == len(depths) - 1 or occupancy[first : last + 1, :, [0, -1]].any():
        return None
    places = depths[first] + np.array(settings.places) * (depths[last] - depths[first])
    return Heights(*np.interp(places, depths, profile).tolist())


def _sample(
    mask: npt.NDArray[np.number[Any]],
    label: float,
    affine: FloatArray,
    centroid: FloatArray,
    up: FloatArray,
    reaches: tuple[FloatArray, FloatArray],
    settings: HeightSettings,
) -> FloatArray:
    """The mask (depths, sides, heights) in the mid-sagittal slab, anterior and caudal first.

    Interpolation puts its border half-way between voxels. The sum over a column is then its length to a fraction of a
    voxel.
    """
    posterior = POSTERIOR - up * (POSTERIOR @ up)
    posterior = posterior / np.linalg.norm(posterior)
    axes = np.stack([posterior, np.cross(posterior, up), up])
    depths, heights = reaches
    grid = np.stack(np.meshgrid(depths, _symmetric(settings.slab, settings.step), heights, indexing="ij"), axis=-1)
    samples = world_to_index(affine, centroid + grid.reshape(-1, 3) @ axes)
    lowest = np.clip(np.floor(samples.min(axis=0)), 0, np.array(mask.shape) - 1).astype(int)
    highest = np.clip(np.ceil(samples.max(axis=0)), lowest, np.array(mask.shape) - 1).astype(int)
    box = mask[tuple(slice(first, last + 1) for first, last in zip(lowest, highest, strict=True))]
    inside = (box == label).astype(np.float32)
    occupancy: FloatArray = ndimage.map_coordinates(inside, (samples - lowest).T, order=1, mode="nearest")
    return occupancy.reshape(grid.shape[:3])


def _body_run(profile: FloatArray, wall: float) -> tuple[int, int]:
    """First and last position of the body, the run of sufficient heights around the middle."""
    middle = len(profile) // 2
    outside = np.flatnonzero(profile < wall * profile[middle])
    first = outside[outside < middle].max(initial=-1) + 1
    last = outside[outside > middle].min(initial=len(profile)) - 1
    return int(first), int(last)


def _symmetric(reach: float, step: float) -> FloatArray:
    count = round(reach / step)
    return np.arange(-count, count + 1) * step
