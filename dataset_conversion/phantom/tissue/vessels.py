"""Aorta with plaques in its wall, vena cava, and iliac vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.vertebral_column import interpolate_column
from dataset_conversion.phantom.settings.levels import Profile
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import polyline, union_depth

_BESIDE, _BEFORE = 70.0, 80.0  # mm from the middles of the bodies, which contains every vessel


@dataclass(frozen=True)
class Vessel:
    """A vessel along the spine.

    Attributes:
        radius: Its radius in mm.
        shift: Distance to the left in mm, added to `side`.
        side: Distance to the left in mm at each level.
        gap: Distance from the anterior wall of the bodies in mm at each level.
        top: The level where it ends; None: beyond any field.
    """

    radius: float
    shift: float
    side: Profile
    gap: Profile
    top: str | None = None


@dataclass(frozen=True)
class Plaque:
    """Calcification that winds around the wall of a vessel.

    Attributes:
        density: Its density in HU.
        turn: Its angle in radians at z = 0.
        pitch: Distance along z in mm per radian.
    """

    density: float
    turn: float
    pitch: float


def paint_vessels(volume: Array, rng: np.random.Generator, phantom: Phantom) -> tuple[Vessel, dict[str, float]]:
    """Paint the iliac vessels, the vena cava and the aorta, in this order.

    Returns:
        The aorta, and the density of arteries and veins in HU.
    """
    settings = phantom.settings.vessels
    blood = rng.uniform(*(settings.enhanced if phantom.enhanced else settings.blood))
    thorax = phantom.settings.thorax
    cava_top, aorta_top = (None, None) if thorax is None else (thorax.cava_top, thorax.aorta_top)
    cava = Vessel(rng.uniform(*settings.cava_radius), 0.0, settings.cava_side, settings.cava_gap, cava_top)
    shift = rng.uniform(*settings.aorta_shift)
    aorta = Vessel(rng.uniform(*settings.aorta_radius), shift, settings.aorta_side, settings.aorta_gap, aorta_top)
    plaque = None
    if rng.random() < settings.calcification_chance:
        turn, pitch = rng.uniform(0, 2 * np.pi), rng.uniform(*settings.calcification_pitch)
        plaque = Plaque(rng.uniform(*settings.calcification), turn, pitch)
    venous = blood if settings.venous is None else rng.uniform(*settings.venous)
    _paint_iliacs(volume, phantom, blood, venous)
    for vessel, content, its_plaque in ((cava, venous, None), (aorta, blood, plaque)):
        for box in phantom.grid.slabs(box=phantom.around_column(_BESIDE, _BEFORE, 0.0)):
            _paint(volume, phantom, box, vessel, content, its_plaque)
    return aorta, {"artery": blood, "vein": venous}


def end_of_vessel(phantom: Phantom, vessel: Vessel, level: str) -> Point:
    """The middle (x, y, z) of a vessel along the spine at a level, in field coordinates."""
    z = np.full((1, 1, 1), phantom.levels.z[level], dtype=np.float32)
    column = interpolate_column(phantom.bodies, z)
    side = vessel.shift + float(phantom.levels.profile(vessel.side, z).item())
    front = float(phantom.levels.profile(vessel.gap, z).item()) + vessel.radius
    return np.array(
        [column.x.item() + side, column.y.item() - column.half_depth.item() - front, z.item()], dtype=np.float64
    )


def _paint(volume: Array, phantom: Phantom, box: Box, vessel: Vessel, blood: float, plaque: Plaque | None) -> None:
    settings, edge = phantom.settings.vessels, phantom.grid.edge
    x, y, z = phantom.grid.points(box)
    column = phantom.column(box)
    side = np.float32(vessel.shift) + phantom.levels.profile(vessel.side, z)
    front = phantom.levels.profile(vessel.gap, z) + np.float32(vessel.radius)
    dx, dy = x - column.x - side, y - column.y + column.half_depth + front
    above_fork = z - np.float32(phantom.levels.z[settings.fork])
    if vessel.top is not None:
        above_fork = np.minimum(above_fork, np.float32(phantom.levels.z[vessel.top]) - z)
    depth = np.float32(vessel.radius) - np.sqrt(dx * dx + dy * dy)
    blend(volume, box, coverage(np.minimum(depth, above_fork), edge), blood)
    if plaque is None:
        return
    where = np.cos(np.arctan2(dy, dx) - np.float32(plaque.turn) + z / np.float32(plaque.pitch))
    wall = np.minimum(settings.calcification_thickness / 2 - np.abs(depth), above_fork)
    extent = settings.calcification_extent
    blend(volume, box, coverage(wall, edge) * np.clip((where - extent) / extent, 0, 1), plaque.density)


def _paint_iliacs(volume: Array, phantom: Phantom, blood: float, venous: float) -> None:
    """Paint the veins and, in front of them, the arteries from the fork to both sides of the pelvis."""
    settings = phantom.settings.vessels
    fork, end = phantom.middle(settings.fork), phantom.middle("S2")
    nearest = min(phantom.bodies, key=lambda body: abs(float(body.origin[2]) - float(fork[2])))
    start = fork - [0.0, nearest.normal.half_depth + 2 * settings.iliac_radius, 0.0]
    for shift, content in ((np.array(settings.vein_shift), venous), (np.zeros(3), blood)):
        for side in (-1.0, 1.0):
            mirror = np.array([side, 1.0, 1.0])
            there = end + mirror * (np.array(settings.iliac_end) + shift)
            rods = polyline([start + shift * mirror, there, there + 0.5 * (there - start)], settings.iliac_radius)
            box, depth = union_depth(phantom.grid, rods)
            blend(volume, box, coverage(depth, phantom.grid.edge), content)
