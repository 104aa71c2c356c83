"""The shoulders: scapulae, clavicles, the upper ends of the humeri, and the muscle and fat around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.ribs import on_wall
from dataset_conversion.phantom.settings.shoulder_bones import Shoulder, ShoulderSettings
from dataset_conversion.phantom.shapes.beams import Beam, beam, solid_depth
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.skeleton.bones import (
    FIELD_FRAME,
    Bone,
    Placement,
    bone_depth,
    draw_placements,
    paint_solid,
)

_SHOWN = 150.0
"""Largest distance in mm of the field below the middle of the shoulders at which it still shows them."""


@dataclass(frozen=True)
class Shoulders:
    """The shoulders of a patient.

    Attributes:
        shoulder: Their shape.
        sides: Where the left and the right one lie.
        fat: Thickness of the fat around their muscles in mm.
    """

    shoulder: Shoulder
    sides: tuple[Placement, Placement]
    fat: float


def draw_shoulders(rng: np.random.Generator, phantom: Phantom, settings: ShoulderSettings) -> Shoulders | None:
    """Place the shoulders beside the chest; None if the field does not show them."""
    middle = phantom.middle(settings.level)
    lowered = bool(rng.random() < settings.lowered_chance)
    top = phantom.grid.shape[0] * phantom.grid.spacing[0]
    if top < middle[2] - _SHOWN:
        return None
    beside = abs(float(on_wall(phantom, 90.0, float(middle[2]) - settings.chest_below)[0]) - phantom.torso.x)
    wider = 1 + settings.follow * (beside / settings.chest_half_width - 1)
    back = float(on_wall(phantom, 30.0, float(middle[2]) - settings.chest_below)[1]) - float(middle[1])
    behind = float(np.clip(back - settings.chest_behind, *settings.behind))
    origin = np.array([phantom.torso.x, middle[1] + behind, middle[2] + rng.uniform(*settings.rise)])
    sides = draw_placements(rng, origin, FIELD_FRAME, settings.variation)
    stretched = tuple(replace(side, matrix=np.diag([wider, 1.0, 1.0]) @ side.matrix) for side in sides)
    return Shoulders(
        settings.lowered if lowered else settings.raised, (stretched[0], stretched[1]), rng.uniform(*settings.fat)
    )


def paint_shoulders(
    volume: Array, rng: np.random.Generator, phantom: Phantom, shoulders: Shoulders, bone: Bone
) -> None:
    """Paint the bones of the shoulders."""
    grid, settings, shape = phantom.grid, phantom.settings.shoulders, shoulders.shoulder
    if settings is None:
        return
    shell, marrow = rng.uniform(*settings.humeral_shell), rng.uniform(*settings.humeral_marrow)
    for side in shoulders.sides:
        paint_solid(volume, rng, grid, bone_depth(grid, side, shape.blade), bone, shape.blade.cortical_thickness)
        solid = solid_depth(grid, np.zeros(3), FIELD_FRAME, _clavicle(phantom, side, shape, settings), 5.0)
        paint_solid(volume, rng, grid, solid, bone, settings.clavicle_shell)
        box, depth = bone_depth(grid, side, shape.humerus)
        head = side.point(shape.humerus.parts[0].start)
        x, y, z = grid.points(box)
        away = np.sqrt((x - head[0]) ** 2 + (y - head[1]) ** 2 + (z - head[2]) ** 2)
        along = np.clip((away - 25) / 40, 0, 1).astype(np.float32)
        thin = shape.humerus.cortical_thickness
        thickness = np.float32(thin) + along * np.float32(shell - thin)
        inner = np.float32(bone.trabecular) + along * np.float32(marrow - bone.trabecular)
        paint_solid(volume, rng, grid, (box, depth), bone, thickness, inner)


def _clavicle(phantom: Phantom, side: Placement, shape: Shoulder, settings: ShoulderSettings) -> Sequence[Beam]:
    """The beams of a clavicle, from the manubrium to the acromion."""
    top = on_wall(phantom, 180.0, phantom.levels.z[settings.sternum.manubrium[0]], narrow=False)
    described = [side.point(place) for place in shape.clavicle]
    sign = np.sign(described[-1][0] - phantom.torso.x)
    start = top + settings.clavicle_joint * np.array([sign, 1.0, 1.0])
    # The inner half follows the sternum, the outer half the acromion.
    shift = start - described[0]
    points = [place + share * shift for place, share in zip(described, (1.0, 0.75, 0.2, 0.0), strict=True)]
    sizes = [size * side.thickness for size in settings.clavicle_sizes]
    return [
        beam(one.tolist(), two.tolist(), (0.0, 0.0, 1.0), (first, 0.85 * first), (second, 0.8 * second))
        for (one, two), (first, second) in zip(pairwise(points), pairwise(sizes), strict=True)
    ]
