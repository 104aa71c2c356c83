"""Lungs, airways and the diaphragm below them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Scene
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth


@dataclass(frozen=True)
class Diaphragm:
    """Two domes above a floor that rises towards the front; field mm."""

    left_top: float
    right_top: float
    floor: float

    def height(self, scene: Scene, box: Box) -> Array:
        """Height (1, ny, nx) of the diaphragm over a box's columns of voxels."""
        settings, torso = scene.settings.chest, scene.torso
        x, y, _ = scene.grid.points(box)
        side, front = x - np.float32(torso.x), np.float32(torso.back) - y
        across = (np.abs(side) - settings.dome_side) / settings.dome_half_width
        along = (front - np.float32(torso.half_depth)) / settings.dome_half_depth
        dome = np.maximum(1 - across * across - along * along, 0)
        floor = self.floor + settings.floor_rise * front
        top = np.where(side > 0, np.float32(self.left_top), np.float32(self.right_top))
        return np.asarray(floor + np.maximum(top - floor, 0) * np.sqrt(dome), dtype=np.float32)


def draw_diaphragm(rng: np.random.Generator, scene: Scene) -> Diaphragm:
    """A diaphragm at breathing rest or above it."""
    settings, z = scene.settings.chest, scene.heights.z
    top = z[str(rng.choice(settings.dome_level))]
    return Diaphragm(
        left_top=top - rng.uniform(*settings.dome_drop), right_top=top, floor=z[str(rng.choice(settings.floor_level))]
    )


def paint_lungs(volume: Array, rng: np.random.Generator, scene: Scene, diaphragm: Diaphragm) -> None:
    """Air, with vessels, on both sides of the thoracic bodies."""
    settings, grid = scene.settings.chest, scene.grid
    vessels = [SmoothNoise(rng, grid, settings.vessel_length) for _ in range(2)]
    gap, air = rng.uniform(*settings.gap), rng.uniform(*settings.lung)
    for box in grid.slabs():
        if grid.points(box)[2].max() < diaphragm.floor:
            continue
        depth = _lung_depth(scene, box, diaphragm, gap)
        if depth.max() < -grid.edge:
            continue
        distance = sum(pattern.at(box) ** 2 for pattern in vessels)
        vessel = np.clip(1.5 - distance / settings.vessel_radius**2, 0, 1)
        blend(volume, box, coverage(depth, settings.edge), air + vessel * np.float32(settings.vessel - air))


def _lung_depth(scene: Scene, box: Box, diaphragm: Diaphragm, gap: float) -> Array:
    settings, column = scene.settings.chest, scene.column(box)
    x, y, z = scene.grid.points(box)
    inlet = settings.wall + scene.heights.profile(settings.inlet, z)
    below_wall = scene.outline(box).below_wall - inlet
    before = np.clip((column.y - column.half_depth - y) / settings.mediastinum, 0, 1)
    middle = column.half_width + gap + before * (settings.mediastinum - column.half_width)
    beside = np.abs(x - column.x) - middle
    behind = column.y + column.half_depth + settings.behind - y
    depth = np.minimum(np.minimum(beside, behind - beside / 3), z - diaphragm.height(scene, box))
    return np.asarray(np.minimum(depth, below_wall), dtype=np.float32)


def paint_airways(volume: Array, scene: Scene) -> None:
    """The windpipe and its two branches, where the field shows them."""
    settings = scene.settings.chest
    fork, top = (scene.middle(level) for level in (settings.carina, "T1"))
    front = scene.bodies[0].normal.half_depth + settings.airway_front
    fork, top = (place - [0.0, front, 0.0] for place in (fork, top))
    rods = polyline([2 * top - fork, fork], settings.airway_radius)
    for side in (-1.0, 1.0):
        end = fork + np.array(settings.bronchus) * [side, 1.0, 1.0]
        rods.append(Rod(fork, end, 0.7 * settings.airway_radius))
    box, depth = union_depth(scene.grid, rods)
    blend(volume, box, coverage(depth, scene.grid.edge), scene.settings.tissue.air)
