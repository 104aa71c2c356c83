"""Arms beside the torso."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.painting import blend, coverage, paint_bone
from dataset_conversion.phantom.shapes.rods import Rod, union_depth

_FORTH = 500.0  # mm from the shoulder down, beyond the lower border of any field that shows it


def paint_arms(volume: Array, rng: np.random.Generator, phantom: Phantom, cortical: float) -> None:
    """Paint both arms beside the torso in some of the cases."""
    settings, tissue, edge = phantom.settings.arms, phantom.settings.tissue, phantom.grid.edge
    if rng.random() >= settings.chance:
        return
    muscle, fat, marrow = (rng.uniform(*span) for span in (tissue.muscle, tissue.fat, settings.marrow))
    radius, bone_radius = rng.uniform(*settings.radius), rng.uniform(*settings.bone_radius)
    inner = radius - rng.uniform(*settings.fat)
    top = phantom.levels.z[settings.upper]
    for side in (-1.0, 1.0):
        axis = _axis(rng, phantom, side, radius, top)
        box, depth = union_depth(phantom.grid, [Rod(*axis, radius)])
        blend(volume, box, coverage(depth, edge), fat)
        blend(volume, box, coverage(depth - np.float32(radius - inner), edge), muscle)
        box, depth = union_depth(phantom.grid, [Rod(*axis, bone_radius)])
        paint_bone(volume, box, depth, edge, settings.cortical_thickness, cortical, marrow)


def _axis(
    rng: np.random.Generator, phantom: Phantom, side: float, radius: float, top: float
) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the axis of one arm (`side` 1: the left one)."""
    settings, torso = phantom.settings.arms, phantom.torso
    x = torso.x + side * (torso.half_width + radius + rng.uniform(*settings.gap))
    y = torso.back - torso.half_depth - rng.uniform(*settings.forward)
    return np.array([x, y, top]), np.array([x, y, top - _FORTH])
