"""Muscle and fat around the shoulders and the hips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.bone_parts import Part
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.skeleton.bones import Placement, parts_depth

_ROUNDING = 20.0  # mm over which muscles are blended
_EDGE = 4.0  # mm over which muscle passes into fat
_STRANDS = 2.6  # standard deviations of the marbling at which muscle begins to be fat


def paint_flesh(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    placements: Sequence[Placement],
    parts: Sequence[Part],
    fat_thickness: float | None,
) -> None:
    """Paint muscle on both sides.

    Args:
        volume: Density of all voxels in HU.
        rng: Source of random numbers.
        phantom: The phantom.
        placements: Where the left and the right side lie.
        parts: The muscles of the left side, with the fat around them if there is any.
        fat_thickness: Thickness of that fat in mm. None: muscle that stays below the fat of the torso.
    """
    tissue, grid = phantom.settings.tissue, phantom.grid
    muscle, fat = (rng.uniform(*span) for span in (tissue.muscle, tissue.fat))
    for side in placements:
        box, depth = parts_depth(grid, side, parts, _ROUNDING)
        if not depth.size or depth.max() < 0:
            continue
        marbling = SmoothNoise(rng, grid.part(box), tissue.marbling_length)
        for slab in grid.slabs(box=box):
            rows = slice(slab[0].start - box[0].start, slab[0].stop - box[0].start)
            part = depth[rows]
            strands = _STRANDS - np.abs(marbling.at((rows, *grid.part(box).whole[1:])))
            lean = np.asarray(np.clip(strands, 0, 1), dtype=np.float32)
            if fat_thickness is None:
                inside = np.minimum(part, phantom.outline(slab).below_fat)
                blend(volume, slab, coverage(inside, _EDGE) * lean, muscle)
                continue
            share = coverage(part - np.float32(fat_thickness), _EDGE) * lean
            blend(volume, slab, coverage(part, grid.edge), fat + share * np.float32(muscle - fat))
