"""Skin, fat, muscles and the couch, on which organs and bones are painted later."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.level_positions import LevelPositions
from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.torso import Outline
from dataset_conversion.phantom.anatomy.vertebral_column import Column
from dataset_conversion.phantom.settings.tissue import Muscle
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.tissue.couch import paint_couch

Points = tuple[Array, Array, Array]


def paint_soft_tissue(volume: Array, rng: np.random.Generator, phantom: Phantom) -> None:
    """Paint couch, skin, fat and muscle over a volume of air."""
    torso, tissue = phantom.settings.torso, phantom.settings.tissue
    marbling = SmoothNoise(rng, phantom.grid, tissue.marbling_length)
    bumps = SmoothNoise(rng, phantom.grid, torso.variation_length)
    muscle, fat, lean = (rng.uniform(*span) for span in (tissue.muscle, tissue.fat, tissue.lean))
    pad = rng.uniform(*torso.pad)
    edge = phantom.grid.edge
    for box in phantom.grid.slabs():
        paint_couch(volume, phantom, box, pad)
        outline = phantom.outline(box)
        below_fat = outline.below_fat - torso.subcutaneous_variation * outline.subcutaneous * bumps.at(box)
        share = muscle_share(phantom, box, outline, below_fat)
        fat_share = marbling.at(box) + tissue.strands - (tissue.strands + lean) * share
        fat_share = np.clip(fat_share / tissue.marbling_softness + 0.5, 0, 1)
        blend(volume, box, coverage(outline.depth, edge), muscle + fat_share * np.float32(fat - muscle))
        skin = np.minimum(coverage(outline.depth, edge), coverage(np.float32(torso.skin) - outline.depth, edge))
        blend(volume, box, skin, torso.skin_density)


def muscle_share(phantom: Phantom, box: Box, outline: Outline, below_fat: Array) -> Array:
    """Share of muscle in each voxel. Muscles are those of the wall, and pairs along the spine."""
    tissue, points, column = phantom.settings.tissue, phantom.grid.points(box), phantom.column(box)
    depth = np.minimum(below_fat, outline.wall - below_fat)
    for muscle in tissue.muscles:
        inside = muscle_depth(muscle, points, column, phantom.levels)
        depth = np.maximum(depth, np.minimum(inside, below_fat))
    return coverage(depth, tissue.muscle_edge)


def muscle_depth(muscle: Muscle, points: Points, column: Column, levels: LevelPositions) -> Array:
    """Depth below the surface of a pair of muscles in mm, positive inside (first order)."""
    x, y, z = points
    half_width, half_depth = (levels.profile(size, z) for size in (muscle.half_width, muscle.half_depth))
    beside = np.abs(x - column.x) - column.half_width - levels.profile(muscle.beside, z)
    behind = y - column.y - levels.profile(muscle.behind, z)
    radius = np.sqrt((beside / half_width) ** 2 + (behind / half_depth) ** 2)
    return np.asarray((1 - radius) * np.minimum(half_width, half_depth), dtype=np.float32)
