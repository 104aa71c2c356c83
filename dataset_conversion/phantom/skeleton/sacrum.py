"""The sacrum: the bodies of S1 and S2 fused with the bone around them, and the coccyx."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.bodies_and_discs import body_depth
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.pelvic_bones import PelvicBoneSettings
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.unions import Solid, hollowed, joined
from dataset_conversion.phantom.skeleton.bones import Bone, Placement, bone_depth, both_sides, paint_solid, parts_depth


def sacrum_depth(grid: Grid, body: Body, placement: Placement, settings: PelvicBoneSettings) -> Solid:
    """The sacrum, whose upper endplate is that of the body of S1."""
    shape = settings.sacrum
    parts, cavities = both_sides(shape.parts), both_sides(shape.cavities)
    solid = joined([body_depth(grid, body), parts_depth(grid, placement, parts, shape.rounding)], shape.rounding)
    return hollowed(solid, parts_depth(grid, placement, cavities, 1.0))


def paint_sacrum(
    volume: Array,
    rng: np.random.Generator,
    grid: Grid,
    body: Body,
    placement: Placement,
    solid: Solid,
    bone: Bone,
    settings: PelvicBoneSettings,
) -> None:
    """Paint the sacrum, what is left of its discs, and the coccyx."""
    box, depth = solid
    ala = bone.trabecular * rng.uniform(*settings.ala_share)
    remnants = [rng.uniform(*settings.remnant) / (1 + place) for place in range(3)]
    share, density = rng.uniform(*settings.remnant_share), rng.uniform(*settings.remnant_density)
    u, v, w = grid.local(box, body.origin, body.frame)
    beside = np.clip((np.abs(u) - np.float32(settings.ala_begins)) / 8, 0, 1)
    inner = np.asarray(bone.trabecular + beside * (ala - bone.trabecular), dtype=np.float32)
    paint_solid(volume, rng, grid, solid, bone, settings.sacrum.cortical_thickness, inner)
    height = -body.shape.heights.rim / 2
    for place, thickness in enumerate(remnants):
        radius = share * body.shape.half_width * (0.75 - 0.15 * place)
        across = np.float32(radius) - np.sqrt(u * u + (2.0 * v) ** 2)
        along = np.abs(w - np.float32(height - place * settings.remnant_step))
        inside = np.minimum(np.minimum(np.float32(thickness / 2) - along, across), depth)
        plate = np.minimum(np.minimum(np.float32(thickness / 2 + 0.9) - along, across), depth)
        blend(volume, box, coverage(plate, grid.edge), bone.cortical * 0.6)
        blend(volume, box, coverage(inside, grid.edge), density)
    paint_solid(
        volume, rng, grid, bone_depth(grid, placement, settings.coccyx), bone, settings.coccyx.cortical_thickness
    )
