"""Organs: ellipsoids with an uneven surface, held off the spine, the wall and the diaphragm."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Scene
from dataset_conversion.phantom.settings.organs import Organ
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.tissue.chest import Diaphragm


def paint_organs(volume: Array, rng: np.random.Generator, scene: Scene, diaphragm: Diaphragm) -> None:
    """Paint every organ that reaches into the field."""
    settings = scene.settings.organs
    surface = SmoothNoise(rng, scene.grid, settings.wobble_length)
    densities: dict[tuple[float, float], float] = {}
    for organ in settings.organs:
        size, shift = rng.uniform(*settings.size), rng.uniform(*settings.shift, size=3)
        span = organ.enhanced if scene.enhanced else organ.density
        density = densities.setdefault(span, rng.uniform(*span))  # both lobes of a liver, both kidneys are alike
        centre = scene.middle(organ.level) + organ.offset + shift
        _paint(volume, scene, organ, centre, size, density, surface, diaphragm)


def _paint(
    volume: Array,
    scene: Scene,
    organ: Organ,
    centre: Point,
    size: float,
    density: float,
    surface: SmoothNoise,
    diaphragm: Diaphragm,
) -> None:
    settings, edge = scene.settings.organs, scene.grid.edge
    half_axes = size * np.array(organ.half_axes)
    reach = half_axes + 3 * settings.wobble
    for box in scene.grid.slabs(box=scene.grid.box(centre - reach, centre + reach)):
        depth = _ellipsoid(scene, box, centre, half_axes) + settings.wobble * surface.at(box)
        depth = np.minimum(depth, room(scene, box, diaphragm, organ.abdominal))
        blend(volume, box, coverage(depth, edge), density)
        if organ.gas < 1:
            above = np.float32(centre[1] - organ.gas * half_axes[1]) - scene.grid.points(box)[1]
            blend(volume, box, coverage(np.minimum(depth - settings.loop_wall, above), edge), settings.gas)


def _ellipsoid(scene: Scene, box: Box, centre: Point, half_axes: Point) -> Array:
    x, y, z = (
        (place - np.float32(middle)) / np.float32(half)
        for place, middle, half in zip(scene.grid.points(box), centre, half_axes, strict=True)
    )
    return np.asarray((1 - np.sqrt(x * x + y * y + z * z)) * np.float32(half_axes.min()), dtype=np.float32)


def room(scene: Scene, box: Box, diaphragm: Diaphragm, abdominal: bool) -> Array:
    """How far each voxel is from what bounds an organ's place: wall, spine and diaphragm (mm, positive inside)."""
    settings, z = scene.settings.organs, scene.grid.points(box)[2]
    inside = np.minimum(
        scene.outline(box).below_wall - settings.wall_clearance, scene.off_column(box) - settings.clearance
    )
    below = diaphragm.height(scene, box) - z
    return np.asarray(np.minimum(inside, below if abdominal else -below), dtype=np.float32)
