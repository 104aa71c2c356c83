"""Kidneys, ureters and the bladder."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.urinary import UrinarySettings
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import Rod, union_depth
from dataset_conversion.phantom.tissue.chest import Diaphragm
from dataset_conversion.phantom.tissue.organs import room


def paint_urinary(volume: Array, rng: np.random.Generator, phantom: Phantom, diaphragm: Diaphragm) -> None:
    """Paint kidneys, ureters and the bladder of a cohort that has them."""
    settings = phantom.settings.urinary
    if settings is None:
        return
    cortex, fat, urine = (rng.uniform(*span) for span in (settings.cortex, settings.fat, settings.urine))
    medulla = cortex * rng.uniform(*settings.medulla)
    collecting = urine if settings.collecting is None else rng.uniform(*settings.collecting)
    surface = SmoothNoise(rng, phantom.grid, settings.wobble_length)
    pyramids = SmoothNoise(rng, phantom.grid, settings.pyramid)
    for side, level in zip((-1.0, 1.0), settings.levels, strict=True):
        mirror = np.array([side, 1.0, 1.0])
        shift = rng.uniform(*settings.shift, size=3)
        centre = phantom.middle(level) + mirror * np.array(settings.kidney) + shift
        half_axes = rng.uniform(*settings.size) * np.array(settings.half_axes)
        densities = (cortex, medulla, fat)
        _paint_kidney(volume, rng, phantom, diaphragm, centre, half_axes, densities, (surface, pyramids), settings)
        hilum = centre - mirror * [rng.uniform(*settings.sinus_shift) * half_axes[0], 0.0, 0.0]
        _paint_pelvis(volume, rng, phantom, hilum, half_axes, (fat, collecting), settings)
        _paint_ureter(volume, rng, phantom, side, hilum, collecting, settings)
        _paint_stone(volume, rng, phantom, centre, half_axes, settings)
    _paint_bladder(volume, rng, phantom, (urine, collecting), settings)


def _ellipsoid(phantom: Phantom, box: Box, centre: Point, half_axes: Point) -> Array:
    """Distance from the centre, 1 on the surface."""
    x, y, z = (
        (place - np.float32(middle)) / np.float32(half)
        for place, middle, half in zip(phantom.grid.points(box), centre, half_axes, strict=True)
    )
    return np.asarray(np.sqrt(x * x + y * y + z * z), dtype=np.float32)


def _paint_kidney(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    diaphragm: Diaphragm,
    centre: Point,
    half_axes: Point,
    densities: tuple[float, float, float],
    noises: tuple[SmoothNoise, SmoothNoise],
    settings: UrinarySettings,
) -> None:
    """Paint cortex, and pyramids of medulla below it."""
    cortex, medulla, _ = densities
    surface, pyramids = noises
    thickness, edge = rng.uniform(*settings.cortex_depth), phantom.grid.edge
    reach = half_axes + 3 * settings.wobble
    for box in phantom.grid.slabs(box=phantom.grid.box(centre - reach, centre + reach)):
        if any(part.stop <= part.start for part in box):
            return
        depth = (1 - _ellipsoid(phantom, box, centre, half_axes)) * np.float32(half_axes.min())
        depth = np.minimum(
            depth + np.float32(settings.wobble) * surface.at(box), room(phantom, box, diaphragm, abdominal=True)
        )
        blend(volume, box, coverage(depth, edge), cortex)
        share = coverage(depth - np.float32(thickness), edge) * np.clip(2 * pyramids.at(box) + 1, 0, 1)
        blend(volume, box, share, medulla)


def _paint_pelvis(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    hilum: Point,
    half_axes: Point,
    densities: tuple[float, float],
    settings: UrinarySettings,
) -> None:
    """Paint the fat of the sinus, and the pelvis in it."""
    size = rng.uniform(*settings.sinus) * half_axes
    for half, density in zip((size, size * rng.uniform(*settings.pelvis)), densities, strict=True):
        box = phantom.grid.box(hilum - half, hilum + half)
        depth = (1 - _ellipsoid(phantom, box, hilum, half)) * np.float32(half.min())
        blend(volume, box, coverage(depth, phantom.grid.edge), density)


def _paint_ureter(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    side: float,
    hilum: Point,
    density: float,
    settings: UrinarySettings,
) -> None:
    """Paint the open pieces of a ureter from the hilum down along the psoas (`side` 1: the left one)."""
    points = [hilum]
    for level, beside, before in zip(settings.ureter_levels, settings.ureter_side, settings.ureter_front, strict=True):
        half_width = min(
            phantom.bodies, key=lambda body: abs(phantom.levels.z[level] - body.origin[2])
        ).normal.half_width
        place = phantom.middle(level) + np.array([side * (half_width + beside), -before, 0.0])
        points.append(place + rng.uniform(-4, 4, size=3))
    radius, is_open = rng.uniform(*settings.ureter_radius), rng.uniform(*settings.ureter_open)
    for start, end in pairwise(points):
        middle = (start + end) / 2 + rng.uniform(-2, 2, size=3)
        for first, last in ((start, middle), (middle, end)):
            if rng.random() < is_open:
                box, depth = union_depth(phantom.grid, [Rod(first, last, radius)])
                blend(volume, box, coverage(depth, phantom.grid.edge), density)


def _paint_stone(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    centre: Point,
    half_axes: Point,
    settings: UrinarySettings,
) -> None:
    if rng.random() < settings.stone_chance:
        place = centre + rng.uniform(-0.5, 0.5, size=3) * half_axes
        box, depth = union_depth(phantom.grid, [Rod(place, place, rng.uniform(*settings.stone_radius))])
        blend(volume, box, coverage(depth, phantom.grid.edge), rng.uniform(*settings.stone))


def _paint_bladder(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    densities: tuple[float, float],
    settings: UrinarySettings,
) -> None:
    """Paint the bladder; contrast medium is heavy, and lies behind the rest of the urine."""
    centre, half = phantom.middle("S2") + settings.bladder, rng.uniform(*settings.bladder_size, size=3)
    box = phantom.grid.box(centre - half, centre + half)
    depth = (1 - _ellipsoid(phantom, box, centre, half)) * np.float32(half.min())
    blend(volume, box, coverage(depth, phantom.grid.edge), densities[0])
    level = centre[1] + rng.uniform(*settings.bladder_level) * half[1]
    behind = phantom.grid.points(box)[1] - np.float32(level)
    blend(volume, box, coverage(np.minimum(depth, behind), phantom.grid.edge), densities[1])
