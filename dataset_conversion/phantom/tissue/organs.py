"""Organs: ellipsoids with an uneven surface that keep off the spine, the wall and the diaphragm."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.organs import Organ
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.tissue.chest import Diaphragm


def paint_organs(volume: Array, rng: np.random.Generator, phantom: Phantom, diaphragm: Diaphragm) -> None:
    """Paint every organ that reaches into the field of view."""
    settings = phantom.settings.organs
    surface = SmoothNoise(rng, phantom.grid, settings.wobble_length)
    densities: dict[tuple[float, float], float] = {}
    for organ in settings.organs:
        size, shift = rng.uniform(*settings.size), rng.uniform(*settings.shift, size=3)
        span = organ.enhanced if phantom.enhanced else organ.density
        density = densities.setdefault(span, rng.uniform(*span))  # both lobes of the liver are alike, and both kidneys
        centre = phantom.middle(organ.level) + organ.offset + shift
        _paint(volume, phantom, organ, centre, size, density, surface, diaphragm)


def _paint(
    volume: Array,
    phantom: Phantom,
    organ: Organ,
    centre: Point,
    size: float,
    density: float,
    surface: SmoothNoise,
    diaphragm: Diaphragm,
) -> None:
    settings, edge = phantom.settings.organs, phantom.grid.edge
    half_axes = size * np.array(organ.half_axes)
    reach = half_axes + 3 * settings.wobble
    for box in phantom.grid.slabs(box=phantom.grid.box(centre - reach, centre + reach)):
        depth = _ellipsoid(phantom, box, centre, half_axes) + settings.wobble * surface.at(box)
        depth = np.minimum(depth, room(phantom, box, diaphragm, organ.abdominal))
        blend(volume, box, coverage(depth, edge), density)
        if organ.gas < 1:
            above = np.float32(centre[1] - organ.gas * half_axes[1]) - phantom.grid.points(box)[1]
            blend(volume, box, coverage(np.minimum(depth - settings.loop_wall, above), edge), settings.gas)


def _ellipsoid(phantom: Phantom, box: Box, centre: Point, half_axes: Point) -> Array:
    x, y, z = (
        (place - np.float32(middle)) / np.float32(half)
        for place, middle, half in zip(phantom.grid.points(box), centre, half_axes, strict=True)
    )
    return np.asarray((1 - np.sqrt(x * x + y * y + z * z)) * np.float32(half_axes.min()), dtype=np.float32)


def room(phantom: Phantom, box: Box, diaphragm: Diaphragm, abdominal: bool) -> Array:
    """Distance in mm of each voxel from the wall, the spine and the diaphragm; positive where an organ can be."""
    settings, z = phantom.settings.organs, phantom.grid.points(box)[2]
    inside = np.minimum(
        phantom.outline(box).below_wall - settings.wall_clearance, phantom.off_column(box) - settings.clearance
    )
    below = diaphragm.height(phantom, box) - z
    return np.asarray(np.minimum(inside, below if abdominal else -below), dtype=np.float32)
