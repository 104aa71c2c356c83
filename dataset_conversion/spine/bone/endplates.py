"""Whether centroids lie midway between two endplates, from the Hounsfield units along the spine.

The HU of a body and of a disc can be the same, but the endplates between them are the brightest. Seen from the middle
of a body, the brightest plane lies towards the neighbours. Seen from a disc, or from 6 mm above or below the middle of
a body, it lies near by. On VerSe 014 and LIDC-IDRI 0001, all 19 centroids meet this, 2 of 19 do when moved up by 8 to
10 mm; on phantoms 97 % and 0 to 2 %. Slices of up to 5 mm change little.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dataset_conversion.spine.bone.vertebral_bone import DEFAULT, Point, Voxels, sample
from dataset_conversion.spine.curve import curve_tangents
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS, level_index

FEWEST = 3
"""Number of vertebrae that a case needs, so that the spine has a direction."""
THICKEST_STEP = 5.5
"""Largest voxel in mm with which endplates are seen."""
RADIUS = 7.0
"""Radius in mm of the disc over which the HU are averaged at each place along the spine."""
STEPS = np.linspace(-0.5, 0.5, 41)
"""Places along the spine, as shares of the distance to the next centroid."""
NEAR, FROM, TO = 0.18, 0.27, 0.47
"""There is no endplate nearer than the first, but one on either side between the other two, as shares again."""

_DOWN = np.array([0.0, 0.0, -1.0])
_BACK = np.array([0.0, 1.0, 0.0])


def between_endplates(
    voxels: Voxels, affine: FloatArray, levels: Sequence[str], points: Sequence[Point]
) -> list[bool | None]:
    """Whether each centroid of a case lies midway between two endplates.

    Args:
        voxels: HU (z, y, x).
        affine: Voxel index (x, y, z) to LPS mm.
        levels: One of `levels.LEVELS` for each centroid, in any order.
        points: (x, y, z) in LPS mm.

    Returns:
        None where that cannot be judged: at the border of the image, with voxels that are too large, and in a case of
        too few vertebrae.
    """
    order = sorted(range(len(levels)), key=lambda number: level_index(levels[number]))
    found: list[bool | None] = [None] * len(levels)
    places = np.array([points[number] for number in order], dtype=np.float64)
    if len(order) < FEWEST or float(np.linalg.norm(affine[:3, :3], axis=0).max()) > THICKEST_STEP:
        return found
    chords = np.linalg.norm(np.diff(places, axis=0), axis=1)
    if not chords.all():
        return found
    steps = chords / [_steps_between(levels[one], levels[two]) for one, two in pairwise(order)]
    distances = np.mean([np.append(steps, steps[-1]), np.insert(steps, 0, steps[0])], axis=0)
    tangents = curve_tangents(places, _DOWN)
    for number, place, tangent, distance in zip(order, places, tangents, distances, strict=True):
        found[number] = _is_between(_profile(voxels, affine, place, tangent, distance))
    return found


def _steps_between(upper: str, lower: str) -> int:
    """Number of regular levels from one to the other, at least 1."""
    below = LEVELS[level_index(upper) + 1 : level_index(lower) + 1]
    return max(1, sum(level not in SUPERNUMERARY_LEVELS for level in below))


def _profile(voxels: Voxels, affine: FloatArray, place: FloatArray, tangent: FloatArray, distance: float) -> FloatArray:
    """Mean HU across the spine at each of `STEPS`; NaN where most of it is outside the image."""
    back = _BACK - tangent * float(tangent @ _BACK)
    back /= np.linalg.norm(back) or 1.0
    side = np.cross(tangent, back)
    across = np.stack(np.meshgrid(*[np.linspace(-RADIUS, RADIUS, 5)] * 2), axis=-1).reshape(-1, 2)
    across = across[np.linalg.norm(across, axis=1) <= RADIUS]
    points = place + (STEPS * distance)[:, np.newaxis, np.newaxis] * tangent + across @ np.stack([side, back])
    values, inside = sample(voxels, affine, points.reshape(-1, 3), DEFAULT)
    filled = np.zeros(len(inside))
    filled[inside] = values
    counts = inside.reshape(len(STEPS), -1).sum(axis=1)
    sums = filled.reshape(len(STEPS), -1).sum(axis=1)
    return np.where(2 * counts > len(across), sums / np.maximum(counts, 1), np.nan)


def _is_between(profile: FloatArray) -> bool | None:
    """Whether the planes towards the neighbours are brighter than those near the centroid."""
    near = profile[np.abs(STEPS) < NEAR]
    sides = [profile[(sign * STEPS > FROM) & (sign * STEPS < TO)] for sign in (-1, 1)]
    if any(np.isnan(part).any() for part in (near, *sides)):
        return None
    return bool(np.mean([side.max() for side in sides]) > near.max())
