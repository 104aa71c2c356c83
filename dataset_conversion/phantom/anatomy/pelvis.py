"""Pelvis: sacral wings, roof of the sacral canal, and iliac bones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.posterior_elements import in_field, rod
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.bones import PelvisSettings
from dataset_conversion.phantom.settings.quantities import Offset
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.painting import paint_bone
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth


def paint_pelvis(volume: Array, grid: Grid, bodies: Sequence[Body], cortical: float, settings: PelvisSettings) -> None:
    """Paint the iliac bones and the sacrum without its bodies, if the spine reaches it."""
    sacral = [body for body in bodies if body.sacral]
    if not sacral:
        return
    bones = [iliac_rods(sacral[0].origin, sign, settings) for sign in (-1.0, 1.0)]
    bones.append([in_field(body, local) for body in sacral for local in sacral_elements(body, settings)])
    for rods in bones:
        box, depth = union_depth(grid, rods)
        paint_bone(volume, box, depth, grid.edge, settings.cortical_thickness, cortical, settings.trabecular)


def sacral_elements(body: Body, settings: PelvisSettings) -> list[Rod]:
    """The rods of a sacral vertebra in its own frame: wings, roof of the canal, crest. S2 includes those below it."""
    shape, height = body.normal, body.normal.heights.posterior
    width, depth = canal_size(body.level)
    radius, reach = dict(settings.wing_radius)[body.level], dict(settings.wing_reach)[body.level]
    back = shape.half_depth + depth + settings.roof_radius
    elements = [rod((0, back, 0), (0, back + settings.crest_length, -0.3 * height), settings.roof_radius)]
    for sign in (-1.0, 1.0):
        tip = (sign * (shape.half_width + reach - radius / 2), 0.5 * shape.half_depth, -0.2 * height)
        elements += [
            rod((sign * 0.4 * shape.half_width, 0.1 * shape.half_depth, 0.0), tip, radius),
            rod((sign * width / 2, shape.half_depth, 0.0), (0, back, 0.0), settings.roof_radius),
        ]
    return elements + (_tail(body, settings) if body.level == "S2" else [])


def _tail(body: Body, settings: PelvisSettings) -> list[Rod]:
    across, back, down = settings.tail_step
    height = body.normal.heights.posterior
    places = [(across, back * step * step, down * height * step) for step in range(settings.tail_segments + 1)]
    return [rod(start, end, settings.tail_radius) for start, end in pairwise(places)]


def iliac_rods(sacrum: Point, sign: float, settings: PelvisSettings) -> list[Rod]:
    """The rods of one iliac bone in field coordinates: its crest, and blades from its lower edge to the crest.

    Args:
        sacrum: The middle of S1 (x, y, z) in field coordinates.
        sign: 1 for the left bone, -1 for the right.
        settings: Its shape.
    """
    crest, base = (_resampled(line, settings.blades) for line in (settings.crest, settings.base))
    mirror = np.array([sign, 1.0, 1.0])
    blades = [
        Rod(sacrum + mirror * lower, sacrum + mirror * upper, settings.blade_radius)
        for lower, upper in zip(base, crest, strict=True)
    ]
    return blades + polyline(list(sacrum + mirror * crest), settings.crest_radius)


def _resampled(line: Sequence[Offset], count: int) -> Point:
    """Interpolate a line to `count` points (n, 3)."""
    points = np.array(line)
    steps = np.linspace(0, len(points) - 1, count)
    return np.stack([np.interp(steps, np.arange(len(points)), axis) for axis in points.T], axis=1)
