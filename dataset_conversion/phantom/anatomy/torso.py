"""Outline of a patient who lies on the back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.level_positions import LevelPositions
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.tissue import TorsoSettings
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array

_OFF_AXIS = 1e-3  # mm; the distance to the skin is a ratio, undefined on the axis itself


@dataclass(frozen=True)
class Torso:
    """The outline of a patient in field coordinates.

    Attributes:
        x: Its midline.
        back: The y of the couch below the back.
        tips: The (z, y) of the tips of the spinous processes, from below.
        slack: Largest gap between the tips and the skin of the back, where the back leaves the couch.
        half_width: Half width of the widest slice.
        half_depth: Half depth of the deepest slice.
        subcutaneous: Thickness of the fat at the flank.
        wall: Thickness of the muscle below the fat at the flank.
    """

    x: float
    back: float
    tips: tuple[tuple[float, float], ...]
    slack: float
    half_width: float
    half_depth: float
    subcutaneous: float
    wall: float

    def back_at(self, z: Array | float) -> Array:
        """The y of the skin of the back at field coordinates `z`."""
        known, tips = zip(*self.tips, strict=True)
        return np.asarray(np.minimum(self.back, np.interp(np.asarray(z), known, tips) + self.slack), dtype=np.float32)

    def moved(self, corner: Point) -> Torso:
        """The same torso in a field whose first voxel is at `corner` (x, y, z) of this one."""
        x, y, z = (float(value) for value in corner)
        tips = tuple((height - z, tip - y) for height, tip in self.tips)
        return replace(self, x=self.x - x, back=self.back - y, tips=tips)


@dataclass(frozen=True)
class Outline:
    """The torso at the voxels of a box, in mm.

    Attributes:
        y: The y of the centre of each slice, an array (nz, 1, 1).
        half_width: Half width in each slice, an array (nz, 1, 1).
        half_depth: Half depth in each slice, an array (nz, 1, 1).
        depth: Depth below the skin, an array (nz, ny, nx).
        subcutaneous: Thickness of the fat; broadcasts to (nz, ny, nx).
        wall: Thickness of the muscle below the fat; broadcasts to (nz, ny, nx).
    """

    y: Array
    half_width: Array
    half_depth: Array
    depth: Array
    subcutaneous: Array
    wall: Array

    @property
    def below_fat(self) -> Array:
        """Depth below the inner surface of the subcutaneous fat."""
        return self.depth - self.subcutaneous

    @property
    def below_wall(self) -> Array:
        """Depth below the inner surface of the muscles of the wall."""
        return self.depth - self.subcutaneous - self.wall


def draw_torso(rng: np.random.Generator, bodies: Sequence[Body], settings: TorsoSettings) -> Torso:
    """Draw a torso around the bodies. The spinous process that reaches furthest back lies just below the skin."""
    tips = tuple((float(body.origin[2]), _behind(body, settings)) for body in bodies[::-1])
    return Torso(
        x=float(np.mean([body.origin[0] for body in bodies])) + rng.uniform(*settings.side),
        back=max(tip for _, tip in tips) + rng.uniform(*settings.back_fat),
        tips=tips,
        slack=settings.slack,
        half_width=settings.half_width.draw(rng),
        half_depth=settings.half_depth.draw(rng),
        subcutaneous=settings.subcutaneous.draw(rng),
        wall=rng.uniform(*settings.wall),
    )


def _behind(body: Body, settings: TorsoSettings) -> float:
    """The y of the tip of a spinous process."""
    process = settings.behind_sacrum if body.sacral else settings.behind_spinous
    return float(body.origin[1]) + body.normal.half_depth + canal_size(body.level)[1] + process


def outline(
    torso: Torso, levels: LevelPositions, points: tuple[Array, Array, Array], settings: TorsoSettings
) -> Outline:
    """The torso at voxels whose field coordinates are x (1, 1, nx), y (1, ny, 1) and z (nz, 1, 1)."""
    x, y, z = points
    half_width = torso.half_width * levels.profile(settings.width_profile, z)
    half_depth = torso.half_depth * levels.profile(settings.depth_profile, z)
    middle = torso.back_at(z) - half_depth
    across = np.maximum(np.abs(x - np.float32(torso.x)), _OFF_AXIS)
    along = np.maximum(np.abs(y - middle), _OFF_AXIS)
    exponent = np.float32(settings.roundness)
    radius = ((across / half_width) ** exponent + (along / half_depth) ** exponent) ** (1 / exponent)
    behind = np.clip((y - middle) / half_depth, -1, 1)
    fat = torso.subcutaneous * levels.profile(settings.subcutaneous_profile, z)
    return Outline(
        y=middle,
        half_width=half_width,
        half_depth=half_depth,
        depth=(1 / radius - 1) * np.sqrt(across * across + along * along),
        subcutaneous=np.asarray(fat * (1 - settings.subcutaneous_front * behind), dtype=np.float32),
        wall=np.float32(torso.wall) * (1 + settings.wall_behind * np.maximum(behind, 0)),
    )
