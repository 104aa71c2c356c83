"""Ribs, their cartilages and the sternum."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.levels import Profile
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.painting import blend, coverage, paint_bone
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth


def paint_ribs(volume: Array, phantom: Phantom, cortical: float) -> None:
    """Paint the ribs of all thoracic vertebrae that are laid out, and the sternum if a rib reaches it.

    With `shoulders`, the sternum is painted with them instead.
    """
    settings, grid = phantom.settings.ribs, phantom.grid
    sternum = _sternum(phantom)
    for body in phantom.bodies:
        if not body.level.startswith("T"):
            continue
        for sign in (-1.0, 1.0):
            line = rib_line(phantom, body, sign)
            if body.level in settings.sternal_levels:
                _paint_cartilage(volume, phantom, line[-1], sternum)
            box, depth = union_depth(grid, polyline(line, settings.radius))
            paint_bone(volume, box, depth, grid.edge, settings.cortical_thickness, cortical, settings.trabecular)
    if phantom.settings.shoulders is None and _reach_sternum(phantom):
        box, depth = union_depth(grid, sternum)
        paint_bone(volume, box, depth, grid.edge, settings.cortical_thickness, cortical, settings.trabecular)


def _reach_sternum(phantom: Phantom) -> bool:
    """Whether any rib reaches the sternum."""
    return any(body.level in phantom.settings.ribs.sternal_levels for body in phantom.bodies)


def rib_line(phantom: Phantom, body: Body, sign: float) -> list[Point]:
    """Points along one rib in field coordinates, from its head to the end of its bone.

    Args:
        phantom: The phantom.
        body: The vertebral body of the rib.
        sign: 1 for the left rib, -1 for the right.
    """
    settings, shape = phantom.settings.ribs, body.normal
    height = shape.heights.posterior
    width, depth, up = settings.head
    head = (sign * width * shape.half_width, depth * shape.half_depth, up * height)
    beside, behind, up = settings.neck
    neck = (sign * (shape.half_width + beside), shape.half_depth + behind, up * height)
    start, bend = (body.origin + body.frame.to_world(*place) for place in (head, neck))
    turn, drop = (_at_level(profile, body.level, phantom) for profile in (settings.turn, settings.drop))
    angles = np.linspace(settings.first_turn, turn, settings.steps)
    lower = float(bend[2]) - drop * (angles - angles[0]) / (angles[-1] - angles[0])
    return [start, bend, *(on_wall(phantom, sign * angle, z) for angle, z in zip(angles, lower, strict=True))]


def _at_level(profile: Profile, level: str, phantom: Phantom) -> float:
    z = np.array([phantom.levels.z[level]], dtype=np.float32)
    return float(phantom.levels.profile(profile, z)[0])


def on_wall(phantom: Phantom, angle: float, z: float, narrow: bool = True) -> Point:
    """A point of the chest wall at `angle` degrees from behind (positive: to the left).

    With `narrow`, the chest is narrower near its inlet.
    """
    torso, chest, levels = phantom.torso, phantom.settings.chest, phantom.levels
    at = np.array([z], dtype=np.float32)
    settings = phantom.settings.torso
    half_width, half_depth, fat, inlet = (
        float(levels.profile(profile, at)[0])
        for profile in (settings.width_profile, settings.depth_profile, settings.subcutaneous_profile, chest.inlet)
    )
    half_depth *= torso.half_depth
    inset = fat * torso.subcutaneous + torso.wall + narrow * inlet
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    inset += settings.wall_behind * torso.wall * max(cosine, 0.0)
    exponent = 2 / settings.roundness
    across = np.sign(sine) * abs(sine) ** exponent * half_width * torso.half_width
    along = np.sign(cosine) * abs(cosine) ** exponent * half_depth
    inward = 1 - inset / np.hypot(across, along)
    return np.array([torso.x + inward * across, float(torso.back_at(z)) - half_depth + inward * along, z])


def _sternum(phantom: Phantom) -> list[Rod]:
    settings = phantom.settings.ribs
    upper, lower = (on_wall(phantom, 180.0, phantom.levels.z[level], narrow=False) for level in settings.sternum_ends)
    shift = np.array([settings.sternum_side, 0.0, 0.0])
    return [Rod(upper + sign * shift, lower + sign * shift, settings.sternum_radius) for sign in (-1.0, 0.0, 1.0)]


def _paint_cartilage(volume: Array, phantom: Phantom, end: Point, sternum: list[Rod]) -> None:
    """Paint the cartilage from the end of a rib up to the sternum."""
    rod = sternum[-1 if end[0] > phantom.torso.x else 0]
    share = np.clip((end[2] + 25.0 - rod.start[2]) / (rod.end[2] - rod.start[2]), 0, 1)
    place = rod.start + share * (rod.end - rod.start)
    box, depth = union_depth(phantom.grid, [Rod(end, place, phantom.settings.ribs.radius)])
    blend(volume, box, coverage(depth, phantom.grid.edge), phantom.settings.ribs.cartilage)
