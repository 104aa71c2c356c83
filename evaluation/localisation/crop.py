"""The part of maps that decides where vertebrae are found, which saves memory and time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import index_to_world
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import quantised_threshold

LEAST_PROBABILITY = 0.02
"""Places where all maps are lower than this, and far from higher ones, cannot change where vertebrae are found."""
MARGIN_MM = 48.0
"""Distance within which they can: the localisation smooths over 15 mm and compares a peak with places 15 mm away."""
ALIGNMENT = 12
"""The localisation averages blocks of a few voxels. A part that begins at a multiple of this has the same blocks."""


def crop_maps(maps: Sequence[ProbabilityMap]) -> list[ProbabilityMap]:
    """Crop maps on one grid to the voxels from which vertebrae are located, without a copy; empty if there are none.

    Args:
        maps: The maps of the classes of vertebrae.
    """
    first = maps[0]
    box = _occupied_box([one.quantised for one in maps], first.spacing)
    if box is None:
        return []
    affine = first.affine.copy()
    affine[:3, 3] = index_to_world(affine, [side.start for side in box])[0]
    return [ProbabilityMap(one.quantised[box], affine) for one in maps]


def _occupied_box(
    maps: list[npt.NDArray[np.uint16]], spacing: tuple[float, float, float]
) -> tuple[slice, slice, slice] | None:
    """The part of the maps that matters. Plane by plane, so that no array of their size is made."""
    threshold = quantised_threshold(LEAST_PROBABILITY)
    depth, rows, columns = (np.zeros(size, dtype=bool) for size in maps[0].shape)
    for number in range(len(depth)):
        for quantised in maps:
            occupied = quantised[number] >= threshold
            along = occupied.any(axis=1)
            rows |= along
            columns |= occupied.any(axis=0)
            depth[number] |= along.any()
    if not depth.any():
        return None
    sides = []
    for used, step in zip((depth, rows, columns), spacing, strict=True):
        margin = int(np.ceil(MARGIN_MM / step))
        first, last = np.flatnonzero(used)[[0, -1]]
        start = max(0, int(first) - margin) // ALIGNMENT * ALIGNMENT
        sides.append(slice(start, min(len(used), int(last) + margin + 1)))
    return sides[0], sides[1], sides[2]
