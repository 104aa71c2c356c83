"""Lungs, airways and the diaphragm."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.vertebral_column import Column
from dataset_conversion.phantom.settings.tissue import ChestSettings
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth

_STEPS = 16
_GUTTER_START = 0.5  # half depths behind the middle of the bodies, where the lung begins to recede


@dataclass(frozen=True)
class Diaphragm:
    """Two domes above a floor that rises towards the front.

    Attributes:
        left_top: The z of the top of the left dome in field coordinates.
        right_top: The same of the right dome.
        floor: The z of the floor at the back.
        every: Distance along z in mm between two steps, which breathing makes.
        steps: How much higher it is in mm in the slices between two steps, from z = 0; beyond, it repeats.
    """

    left_top: float
    right_top: float
    floor: float
    every: float = 1.0
    steps: tuple[float, ...] = ()

    def height(self, phantom: Phantom, box: Box) -> Array:
        """The z of the diaphragm at the x and y of the voxels of a box: (1, ny, nx), with steps (nz, ny, nx)."""
        settings, torso = phantom.settings.chest, phantom.torso
        x, y, z = phantom.grid.points(box)
        side, front = x - np.float32(torso.x), np.float32(torso.back) - y
        across = (np.abs(side) - settings.dome_side) / settings.dome_half_width
        along = (front - np.float32(torso.half_depth)) / settings.dome_half_depth
        dome = np.maximum(1 - across * across - along * along, 0)
        floor = self.floor + settings.floor_rise * front
        top = np.where(side > 0, np.float32(self.left_top), np.float32(self.right_top))
        height = np.asarray(floor + np.maximum(top - floor, 0) * np.sqrt(dome), dtype=np.float32)
        if not self.steps:
            return height
        shift = np.array(self.steps, dtype=np.float32)[(z // self.every).astype(np.intp) % len(self.steps)]
        return np.asarray(height + shift, dtype=np.float32)


def draw_diaphragm(rng: np.random.Generator, phantom: Phantom) -> Diaphragm:
    """Draw a diaphragm at the level of quiet breathing or higher."""
    settings, z = phantom.settings.chest, phantom.levels.z
    top = z[str(rng.choice(settings.dome_level))]
    diaphragm = Diaphragm(
        left_top=top - rng.uniform(*settings.dome_drop), right_top=top, floor=z[str(rng.choice(settings.floor_level))]
    )
    if not settings.step_chance or rng.random() >= settings.step_chance:
        return diaphragm
    every, steps = rng.uniform(*settings.step_every), rng.uniform(*settings.step, size=_STEPS)
    return replace(diaphragm, every=every, steps=tuple(steps.tolist()))


def paint_lungs(volume: Array, rng: np.random.Generator, phantom: Phantom, diaphragm: Diaphragm) -> None:
    """Paint air with vessels on both sides of the thoracic bodies."""
    settings, grid = phantom.settings.chest, phantom.grid
    vessels = [SmoothNoise(rng, grid, settings.vessel_length) for _ in range(2)]
    gap, air = rng.uniform(*settings.gap), rng.uniform(*settings.lung)
    wobble = SmoothNoise(rng, grid, settings.wobble_length) if settings.wobble else None
    for box in grid.slabs():
        if grid.points(box)[2].max() < diaphragm.floor:
            continue
        depth = _lung_depth(phantom, box, diaphragm, gap)
        if wobble is not None:
            depth += np.float32(settings.wobble) * wobble.at(box)
        if depth.max() < -grid.edge:
            continue
        distance = sum(pattern.at(box) ** 2 for pattern in vessels)
        vessel = np.clip(1.5 - distance / settings.vessel_radius**2, 0, 1)
        blend(volume, box, coverage(depth, settings.edge), air + vessel * np.float32(settings.vessel - air))


def _lung_depth(phantom: Phantom, box: Box, diaphragm: Diaphragm, gap: float) -> Array:
    settings, column = phantom.settings.chest, phantom.column(box)
    x, y, z = phantom.grid.points(box)
    inlet = settings.wall + phantom.levels.profile(settings.inlet, z)
    below_wall = phantom.outline(box).below_wall - inlet
    beside = np.abs(x - column.x) - _half_width_between_lungs(settings, column, y, gap)
    behind = column.y + column.half_depth + settings.behind - y
    depth = np.minimum(np.minimum(beside, behind - beside / 3), z - diaphragm.height(phantom, box))
    return np.asarray(np.minimum(depth, below_wall), dtype=np.float32)


def _half_width_between_lungs(settings: ChestSettings, column: Column, y: Array, gap: float) -> Array:
    """Half width of what lies between the lungs: the bodies, the mediastinum, and the muscles beside the arches."""
    front, width = column.y - column.half_depth - y, column.half_width
    if settings.strait is not None:
        narrowed = np.clip(front / settings.strait, 0, 1)
        width = width + narrowed * (settings.strait - width)
        front = front - np.float32(settings.strait_depth)
    widened = np.clip(front / settings.mediastinum, 0, 1)
    back = np.maximum(y - column.y - np.float32(_GUTTER_START) * column.half_depth, 0)
    return np.asarray(width + gap + widened * (settings.mediastinum - width) + np.float32(settings.gutter) * back)


def paint_airways(volume: Array, phantom: Phantom) -> None:
    """Paint the windpipe and its two branches."""
    settings = phantom.settings.chest
    fork, top = (phantom.middle(level) for level in (settings.carina, "T1"))
    front = phantom.bodies[0].normal.half_depth + settings.airway_front
    fork, top = (place - [0.0, front, 0.0] for place in (fork, top))
    rods = polyline([2 * top - fork, fork], settings.airway_radius)
    for side in (-1.0, 1.0):
        end = fork + np.array(settings.bronchus) * [side, 1.0, 1.0]
        rods.append(Rod(fork, end, 0.7 * settings.airway_radius))
    box, depth = union_depth(phantom.grid, rods)
    blend(volume, box, coverage(depth, phantom.grid.edge), phantom.settings.tissue.air)
