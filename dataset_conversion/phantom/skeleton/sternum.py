"""The sternum: manubrium, body and tip, as flat bones."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.ribs import on_wall
from dataset_conversion.phantom.settings.shoulder_bones import SternumSettings
from dataset_conversion.phantom.shapes.beams import Beam, beam, solid_depth
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.skeleton.bones import FIELD_FRAME, Bone, paint_solid

_ACROSS = (1.0, 0.0, 0.0)


def paint_sternum(
    volume: Array, rng: np.random.Generator, phantom: Phantom, bone: Bone, settings: SternumSettings
) -> None:
    """Paint the sternum below the skin of the front of the chest."""
    for beams in sternum_beams(phantom, settings):
        solid = solid_depth(phantom.grid, np.zeros(3), FIELD_FRAME, beams, 4.0)
        paint_solid(volume, rng, phantom.grid, solid, bone, 1.2)


def sternum_beams(phantom: Phantom, settings: SternumSettings) -> list[list[Beam]]:
    """The beams of the manubrium, and those of the body with its tip, in field coordinates."""
    top, angle = (_front(phantom, phantom.levels.z[level]) for level in settings.manubrium)
    end = _front(phantom, phantom.levels.z[settings.body_end])
    down = (end - angle) / np.linalg.norm(end - angle)
    # Beams have round ends, which reach beyond their points by the half thickness.
    below = angle + down * (2 * settings.angle_sizes[1] + settings.gap)
    tip = end + down * settings.tip_length
    return [
        [beam(top.tolist(), angle.tolist(), _ACROSS, settings.manubrium_sizes, settings.angle_sizes)],
        [
            beam(below.tolist(), end.tolist(), _ACROSS, settings.angle_sizes, settings.body_sizes),
            beam(end.tolist(), tip.tolist(), _ACROSS, settings.tip_sizes),
        ],
    ]


def _front(phantom: Phantom, z: float) -> Point:
    return on_wall(phantom, 180.0, z, narrow=False)
