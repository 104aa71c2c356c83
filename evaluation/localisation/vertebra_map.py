"""The probability of a vertebra of any class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset_conversion.spine.errors import InputError
from evaluation.maps.probability_map import ProbabilityMap, is_on_grid_of
from evaluation.maps.quantisation import QUANTISATION_STEPS


def add_maps(maps: Sequence[ProbabilityMap]) -> ProbabilityMap:
    """Add the maps of several classes, voxel by voxel. A sum above 1 is due to rounding and becomes 1.

    Args:
        maps: One map or more, on the same grid.

    Raises:
        InputError: If there is no map, or the grids differ; all problems at once.
    """
    if not maps:
        raise InputError("0 probability maps; expected those of the vertebrae's classes")
    first = maps[0]
    problems = [
        f"map {number} of {len(maps)}: shape {other.shape}, affine {other.affine[:3].round(3).tolist()}; expected "
        f"the grid of the first, {first.shape} and {first.affine[:3].round(3).tolist()}"
        for number, other in enumerate(maps[1:], start=2)
        if not is_on_grid_of(other, first)
    ]
    if problems:
        raise InputError(problems)
    total = np.empty(first.shape, np.uint16)
    # One plane at a time: sums of uint16 need a wider type.
    for index, plane in enumerate(total):
        wide = first.quantised[index].astype(np.uint32)
        for other in maps[1:]:
            wide += other.quantised[index]
        np.minimum(wide, QUANTISATION_STEPS, out=plane, casting="unsafe")
    return ProbabilityMap(total, first.affine)
