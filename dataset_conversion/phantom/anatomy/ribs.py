"""Ribs along the chest wall, their cartilages and the sternum."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Scene
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.levels import Profile
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.painting import blend, coverage, paint_bone
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth


def paint_ribs(volume: Array, scene: Scene, cortical: float) -> None:
    """Paint the ribs of all thoracic vertebrae laid out, and the front of the chest where the field shows it."""
    settings, grid = scene.settings.ribs, scene.grid
    sternum = _sternum(scene)
    for body in scene.bodies:
        if not body.level.startswith("T"):
            continue
        for sign in (-1.0, 1.0):
            line = rib_line(scene, body, sign)
            if body.level in settings.sternal_levels:
                _paint_cartilage(volume, scene, line[-1], sternum)
            box, depth = union_depth(grid, polyline(line, settings.radius))
            paint_bone(volume, box, depth, grid.edge, settings.cortical_thickness, cortical, settings.trabecular)
    if any(body.level in settings.sternal_levels for body in scene.bodies):
        box, depth = union_depth(grid, sternum)
        paint_bone(volume, box, depth, grid.edge, settings.cortical_thickness, cortical, settings.trabecular)


def rib_line(scene: Scene, body: Body, sign: float) -> list[Point]:
    """Field points along one rib (`sign` 1: the left), from its head to the end of its bone."""
    settings, shape = scene.settings.ribs, body.normal
    height = shape.heights.posterior
    width, depth, up = settings.head
    head = (sign * width * shape.half_width, depth * shape.half_depth, up * height)
    beside, behind, up = settings.neck
    neck = (sign * (shape.half_width + beside), shape.half_depth + behind, up * height)
    start, bend = (body.origin + body.frame.to_world(*place) for place in (head, neck))
    turn, drop = (_at_level(profile, body.level, scene) for profile in (settings.turn, settings.drop))
    angles = np.linspace(settings.first_turn, turn, settings.steps)
    lower = float(bend[2]) - drop * (angles - angles[0]) / (angles[-1] - angles[0])
    return [start, bend, *(_on_wall(scene, sign * angle, z) for angle, z in zip(angles, lower, strict=True))]


def _at_level(profile: Profile, level: str, scene: Scene) -> float:
    z = np.array([scene.heights.z[level]], dtype=np.float32)
    return float(scene.heights.profile(profile, z)[0])


def _on_wall(scene: Scene, angle: float, z: float, narrow: bool = True) -> Point:
    """The point in the chest wall at `angle` degrees from behind (positive: to the left); `narrow` near its inlet."""
    torso, chest, heights = scene.torso, scene.settings.chest, scene.heights
    at = np.array([z], dtype=np.float32)
    settings = scene.settings.torso
    half_width, half_depth, fat, inlet = (
        float(heights.profile(profile, at)[0])
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


def _sternum(scene: Scene) -> list[Rod]:
    settings = scene.settings.ribs
    upper, lower = (_on_wall(scene, 180.0, scene.heights.z[level], narrow=False) for level in settings.sternum_ends)
    shift = np.array([settings.sternum_side, 0.0, 0.0])
    return [Rod(upper + sign * shift, lower + sign * shift, settings.sternum_radius) for sign in (-1.0, 0.0, 1.0)]


def _paint_cartilage(volume: Array, scene: Scene, end: Point, sternum: list[Rod]) -> None:
    """Cartilage from a rib's end up to the sternum."""
    rod = sternum[-1 if end[0] > scene.torso.x else 0]
    share = np.clip((end[2] + 25.0 - rod.start[2]) / (rod.end[2] - rod.start[2]), 0, 1)
    place = rod.start + share * (rod.end - rod.start)
    box, depth = union_depth(scene.grid, [Rod(end, place, scene.settings.ribs.radius)])
    blend(volume, box, coverage(depth, scene.grid.edge), scene.settings.ribs.cartilage)
