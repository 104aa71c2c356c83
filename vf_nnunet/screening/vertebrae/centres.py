"""The centres of the vertebrae of a case: found in its maps, or given."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import index_to_world
from dataset_conversion.spine.heights import Heights
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME
from evaluation.localisation.locate import locate_vertebrae
from evaluation.localisation.vertebra_map import add_maps
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import quantised_threshold

LEAST_PROBABILITY = 0.02
"""Places where all maps are lower than this, and far from higher ones, cannot change where vertebrae are found."""
MARGIN_MM = 48.0
"""Distance within which they can: the localisation smooths over 15 mm and compares a peak with places 15 mm away."""
ALIGNMENT = 12
"""The localisation averages blocks of a few voxels. A part that begins at a multiple of this has the same blocks."""

INSERTED = "not found in the maps: placed in a gap between its neighbours"
Point = tuple[float, float, float]
"""(x, y, z) in LPS mm."""


@dataclass(frozen=True)
class VertebraCentre:
    """The centre of a vertebral body.

    Attributes:
        centre: Position (x, y, z), LPS mm.
        level: Its name, where a person or a mask gives one.
        heights: Heights of the body, where there is a mask.
        not_evaluable: Why nothing can be said about it, as far as the centres alone show.
    """

    centre: Point
    level: str | None = None
    heights: Heights | None = None
    not_evaluable: str | None = None


@dataclass(frozen=True)
class GivenCentres:
    """The centres that came with a CT.

    Attributes:
        source: The file or folder, and what it holds, for `<case>.json`.
        vertebrae: From the top down, at least one.
        digest: SHA-256 by which a later prediction tells whether they are the same.
        warnings: What a reader should know about them.
    """

    source: str
    vertebrae: tuple[VertebraCentre, ...]
    digest: str
    warnings: tuple[str, ...] = ()


def locate_centres(maps: Mapping[str, ProbabilityMap]) -> list[VertebraCentre]:
    """The vertebrae that the maps of fracture and normal show, from the top down; empty without a spine."""
    fracture, normal = maps[FRACTURE_NAME], maps[NORMAL_NAME]
    box = _occupied_box([fracture.quantised, normal.quantised], fracture.spacing)
    if box is None:
        return []
    affine = fracture.affine.copy()
    affine[:3, 3] = index_to_world(affine, [side.start for side in box])[0]
    parts = [ProbabilityMap(one.quantised[box], affine) for one in (fracture, normal)]
    return [
        VertebraCentre(found.centre, not_evaluable=INSERTED if found.inserted else None)
        for found in locate_vertebrae(add_maps(parts))
    ]


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
