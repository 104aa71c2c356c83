"""Whether a point in a CT lies in a vertebral body, from the Hounsfield units around it.

The middle of a body is even, or bone throughout, unlike the posterior elements, ribs and joints. It ranges from fatty
marrow (osteoporosis) to metal. Cortical bone lies close by, unlike in muscle and organs, and the spinal canal behind it
is not much brighter, and not as dark as fat. A point must meet all of these conditions. The settings were chosen on
VerSe 014, LIDC-IDRI 0001, a CT of TotalSegmentator and phantoms, so that they tell these bodies from their mirror
images and from laminae and spinous processes. Points 12 mm or more beside the centre mostly fail. Discs, points up to
10 mm off, a wide canal, and enhanced vessels and organs beside bone can meet the conditions as well.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from dataset_conversion.spine.anatomy import body_size
from dataset_conversion.spine.geometry import FloatArray, world_to_index
from dataset_conversion.spine.settings import settings

Point = Sequence[float]
Voxels = npt.NDArray[np.generic]

CORE_STEPS = 4
"""Steps of the grid of samples from the middle of a body to the border of its core."""
PART = 0.3
"""The outer parts of a core begin at this share of its half axes."""
CANAL_RADIUS = 3.0
"""Radius in mm of the places that are looked at for the canal."""
CANAL_DISTANCES = (6.0, 9.0, 12.0)
"""Distances in mm behind the posterior wall at which the spinal canal is looked for."""


@settings
class BoneSettings:
    """What a vertebral body looks like.

    Attributes:
        core_share: Size of the core that is looked at, as a share of the body's.
        longest_core: Largest half axis of the core in mm.
        least_mean: Least mean of the core in HU. Fatty marrow has less than soft tissue.
        least_part: Least mean of each outer part of the core in HU.
        spread: Largest difference in HU between the means of the parts. The core's own mean is allowed if it is larger.
        certain_part: Least mean in HU of each part of a core that may be uneven, as near an endplate or an osteophyte.
        cortex: HU of cortical bone at least.
        cortex_radius: Distance in mm within which cortical bone is looked for.
        cortex_share: Least share of cortical bone within that distance.
        ridge: Largest difference in HU by which the core's middle is brighter than its left and right. A spinous
            process between muscles has more.
        groove: The same for a middle that is darker, as between two laminae.
        darkest_canal: Least HU of the spinal canal. There is fat behind the posterior elements.
        canal_excess: HU by which the spinal canal may be brighter than the core, as it can be beside fatty marrow.
        least_inside: Least share of the samples inside the image; with less, nothing is said about a point.
        darkest: Samples below this count as this, in HU.
        brightest: Samples above this count as this, in HU, so that a piece of metal does not decide.
    """

    core_share: Annotated[float, Field(gt=0, le=1)] = 0.6
    longest_core: Annotated[float, Field(gt=0)] = 9.0
    least_mean: float = -30.0
    least_part: float = -60.0
    spread: Annotated[float, Field(gt=0)] = 80.0
    certain_part: float = 45.0
    cortex: float = 150.0
    cortex_radius: Annotated[float, Field(gt=0)] = 18.0
    cortex_share: Annotated[float, Field(ge=0, le=1)] = 0.04
    ridge: Annotated[float, Field(gt=0)] = 90.0
    groove: Annotated[float, Field(gt=0)] = 60.0
    darkest_canal: float = -70.0
    canal_excess: float = 20.0
    least_inside: Annotated[float, Field(gt=0, le=1)] = 0.5
    darkest: float = -200.0
    brightest: float = 600.0


DEFAULT = BoneSettings()


def in_body(
    voxels: Voxels, affine: FloatArray, level: str, point: Point, limits: BoneSettings = DEFAULT
) -> bool | None:
    """Whether a point lies in the middle of a vertebral body.

    Args:
        voxels: HU (z, y, x).
        affine: Voxel index (x, y, z) to LPS mm.
        level: One of `levels.LEVELS`; gives the size of the body.
        point: (x, y, z) in LPS mm.
        limits: What a body looks like.

    Returns:
        None if too few voxels around the point lie in the image.
    """
    size = body_size(level)
    axes = np.minimum(np.array([size.width, size.depth, size.height]) / 2 * limits.core_share, limits.longest_core)
    offsets = _ellipsoid(axes)
    values, inside = sample(voxels, affine, np.asarray(point) + offsets, limits)
    if inside.mean() < limits.least_inside:
        return None
    if not _is_even(values, offsets[inside] / axes, limits):
        return False
    canal = _canal(voxels, affine, np.add(point, (0.0, size.depth / 2, 0.0)), limits)
    is_canal = canal is None or limits.darkest_canal <= canal <= float(values.mean()) + limits.canal_excess
    return is_canal and cortical_share(voxels, affine, point, limits) >= limits.cortex_share


def cortical_share(voxels: Voxels, affine: FloatArray, point: Point, limits: BoneSettings = DEFAULT) -> float:
    """Share of cortical bone around a point, within `cortex_radius`, of voxels averaged over 3 mm against noise."""
    centres = np.asarray(point) + ball(limits.cortex_radius, steps=6)
    corners = 1.5 * np.stack(np.meshgrid(*[(-1.0, 1.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    points = centres[:, np.newaxis] + np.concatenate([corners, np.zeros((1, 3))])
    values, inside = sample(voxels, affine, points.reshape(-1, 3), limits)
    filled = np.zeros(len(inside))
    filled[inside] = values
    inside, filled = inside.reshape(points.shape[:2]), filled.reshape(points.shape[:2])
    whole = inside.all(axis=1)
    return float((filled[whole].mean(axis=1) > limits.cortex).mean()) if whole.any() else 0.0


def ball(radius: float, steps: int = CORE_STEPS) -> FloatArray:
    """Offsets (n, 3) in mm of a grid of samples in a ball."""
    return _ellipsoid(np.full(3, radius), steps)


def _ellipsoid(axes: FloatArray, steps: int = CORE_STEPS) -> FloatArray:
    """Offsets (n, 3) in mm of a grid of samples in an ellipsoid with these half axes (x, y, z)."""
    side = np.linspace(-1.0, 1.0, 2 * steps + 1)
    grid = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(grid[(grid**2).sum(axis=1) <= 1.0] * axes)


def _is_even(values: FloatArray, places: FloatArray, limits: BoneSettings) -> bool:
    """Whether a core is bone throughout, or has few differences; `places` are relative to the half axes."""
    mean, parts = float(values.mean()), _parts(values, places)
    if mean < limits.least_mean or min(parts) < limits.least_part:
        return False
    is_side = np.abs(places[:, 0]) > PART
    if is_side.any() and not is_side.all():
        height = float(values[~is_side].mean() - values[is_side].mean())
        if not -limits.groove <= height <= limits.ridge:
            return False
    return max(parts) - min(parts) < max(limits.spread, mean) or min(parts) >= limits.certain_part


def _parts(values: FloatArray, places: FloatArray) -> list[float]:
    """Means of the core's parts at either end of each axis; `places` are relative to the half axes."""
    sides = (sign * places[:, axis] > PART for axis in range(3) for sign in (-1, 1))
    return [float(values[side].mean()) for side in sides if side.any()]


def _canal(voxels: Voxels, affine: FloatArray, wall: FloatArray, limits: BoneSettings) -> float | None:
    """Mean HU of the darkest place behind a posterior wall where the canal can be; None if none is in the image."""
    around = ball(CANAL_RADIUS, steps=2)
    centres = (np.add(wall, (0.0, behind, 0.0)) for behind in CANAL_DISTANCES)
    found = [sample(voxels, affine, centre + around, limits)[0] for centre in centres]
    return min((float(values.mean()) for values in found if 2 * len(values) >= len(around)), default=None)


def sample(
    voxels: Voxels, affine: FloatArray, points: FloatArray, limits: BoneSettings
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The nearest voxels' HU of the points inside the image, and which of the points (n, 3) those are."""
    index = np.rint(world_to_index(affine, points)).astype(np.int64)
    inside = np.asarray(((index >= 0) & (index < voxels.shape)).all(axis=1))
    found = voxels[tuple(index[inside].T)].astype(np.float64)
    return np.clip(found, limits.darkest, limits.brightest), inside
