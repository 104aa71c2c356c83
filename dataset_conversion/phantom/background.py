"""Soft tissue, canal, vessel, lung and skin around the spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from dataset_conversion.anatomy import level_index
from dataset_conversion.phantom.body import Array
from dataset_conversion.phantom.frames import Point
from dataset_conversion.phantom.grid import Grid, blend, correlated_noise, coverage
from dataset_conversion.phantom.posterior import canal_size
from dataset_conversion.phantom.settings import TissueSettings
from dataset_conversion.phantom.spine import Body


@dataclass(frozen=True)
class Column:
    """The spine seen slice by slice: arrays (nz, 1, 1) in mm of the bodies' middle and half sizes and of the canal."""

    x: Array
    y: Array
    half_width: Array
    half_depth: Array
    canal_half_width: Array
    canal_half_depth: Array


def column_of(grid: Grid, bodies: list[Body]) -> Column:
    """Interpolate the bodies' places and unfractured sizes to every slice."""
    from_below = bodies[::-1]
    heights = np.arange(grid.shape[0]) * grid.spacing[0]
    known = [body.origin[2] for body in from_below]

    def at_slices(values: list[float]) -> Array:
        return np.asarray(np.interp(heights, known, values), dtype=np.float32)[:, None, None]

    return Column(
        x=at_slices([body.origin[0] for body in from_below]),
        y=at_slices([body.origin[1] for body in from_below]),
        half_width=at_slices([body.normal.half_width for body in from_below]),
        half_depth=at_slices([body.normal.half_depth for body in from_below]),
        canal_half_width=at_slices([canal_size(body.level)[0] / 2 for body in from_below]),
        canal_half_depth=at_slices([canal_size(body.level)[1] / 2 for body in from_below]),
    )


def paint_background(rng: np.random.Generator, grid: Grid, bodies: list[Body], settings: TissueSettings) -> Array:
    """A volume (z, y, x) in HU of everything but bone and discs."""
    column = column_of(grid, bodies)
    volume = _soft_tissue(rng, grid, column, settings)
    if rng.random() < settings.lung_chance:
        _paint_lungs(volume, rng, grid, column, bodies, settings)
    if rng.random() < settings.aorta_chance:
        _paint_aorta(volume, rng, grid, column, settings)
    _paint_canal(volume, rng, grid, column, settings)
    _paint_skin(volume, rng, grid, column, settings)
    return volume


def _whole(grid: Grid) -> tuple[slice, slice, slice]:
    return slice(0, grid.shape[0]), slice(0, grid.shape[1]), slice(0, grid.shape[2])


def _soft_tissue(rng: np.random.Generator, grid: Grid, column: Column, settings: TissueSettings) -> Array:
    """Muscle marbled with fat: more of it in front of the spine, little in the muscles beside and behind it."""
    pattern = correlated_noise(rng, grid, settings.marbling_length)
    pattern += settings.fat_bias * (0.5 - 1.5 * _muscle_share(grid, column, settings))
    threshold = norm.isf(settings.fat_share.draw(rng))
    fat_share = np.clip((pattern - threshold) / settings.marbling_softness + 0.5, 0, 1)
    muscle, fat = rng.uniform(*settings.muscle), rng.uniform(*settings.fat)
    return np.asarray(muscle + fat_share * (fat - muscle), dtype=np.float32)


def _muscle_share(grid: Grid, column: Column, settings: TissueSettings) -> Array:
    """1 inside the psoas and the erector muscles, 0 elsewhere."""
    x, y, _ = grid.points(_whole(grid))
    beside, behind = np.abs(x - column.x), y - column.y
    psoas = np.hypot(beside - column.half_width - settings.psoas_radius, behind)
    erector_y = column.half_depth + 2 * column.canal_half_depth + settings.erector_radius / 2
    erector = np.hypot(beside - settings.erector_radius, behind - erector_y)
    depth = np.maximum(settings.psoas_radius - psoas, settings.erector_radius - erector)
    return coverage(depth, settings.muscle_edge)


def _paint_lungs(
    volume: Array, rng: np.random.Generator, grid: Grid, column: Column, bodies: list[Body], settings: TissueSettings
) -> None:
    """Air on both sides of the thoracic bodies, above a sloping floor."""
    lowest = level_index(str(rng.choice(settings.lung_floor)))
    floor = min((body.origin[2] for body in bodies if level_index(body.level) <= lowest), default=np.inf)
    if floor > grid.shape[0] * grid.spacing[0]:
        return
    x, y, z = grid.points(_whole(grid))
    beside = np.abs(x - column.x) - column.half_width - rng.uniform(*settings.lung_gap)
    behind = column.y + column.half_depth + settings.lung_behind - y
    above = z - np.float32(floor) - settings.lung_slope * (column.y + column.half_depth - y)
    depth = np.minimum(np.minimum(beside, behind - beside / 2), above)
    blend(volume, _whole(grid), coverage(depth, settings.lung_edge), rng.uniform(*settings.lung))


def _paint_aorta(volume: Array, rng: np.random.Generator, grid: Grid, column: Column, settings: TissueSettings) -> None:
    """A vessel before the spine, its wall calcified in places in some patients."""
    radius = rng.uniform(*settings.aorta_radius)
    left, gap = (rng.uniform(*span) for span in settings.aorta_offset)
    x, y, z = grid.points(_whole(grid))
    dx, dy = x - column.x - np.float32(left), y - column.y + column.half_depth + np.float32(gap + radius)
    depth = np.float32(radius) - np.sqrt(dx * dx + dy * dy)
    blend(volume, _whole(grid), coverage(depth, grid.edge), rng.uniform(*settings.aorta))
    if rng.random() >= settings.calcification_chance:
        return
    turn, pitch = rng.uniform(0, 2 * np.pi), rng.uniform(*settings.calcification_pitch)
    plaque = np.cos(np.arctan2(dy, dx) - np.float32(turn) + z / np.float32(pitch)) - settings.calcification_extent
    wall = settings.calcification_thickness / 2 - np.abs(depth)
    share = coverage(wall, grid.edge) * np.clip(plaque / settings.calcification_extent, 0, 1)
    blend(volume, _whole(grid), share, rng.uniform(*settings.calcification))


def _paint_canal(volume: Array, rng: np.random.Generator, grid: Grid, column: Column, settings: TissueSettings) -> None:
    """Thecal sac in a sleeve of epidural fat."""
    x, y, _ = grid.points(_whole(grid))
    centre = column.y + column.half_depth + column.canal_half_depth + settings.canal_gap
    dx, dy = x - column.x, y - centre
    radius = np.sqrt((dx / column.canal_half_width) ** 2 + (dy / column.canal_half_depth) ** 2)
    depth = (1 - radius) * column.canal_half_depth
    blend(volume, _whole(grid), coverage(depth, grid.edge), rng.uniform(*settings.fat))
    sac = coverage(depth - np.float32(settings.epidural_fat), grid.edge)
    blend(volume, _whole(grid), sac, rng.uniform(*settings.thecal_sac))


def _paint_skin(volume: Array, rng: np.random.Generator, grid: Grid, column: Column, settings: TissueSettings) -> None:
    """Fat below the back's skin and air behind it, where the field reaches so far."""
    x, y, _ = grid.points(_whole(grid))
    middle: Point = np.array([column.x.mean(), column.y.mean()])
    centre_y = middle[1] + rng.uniform(*settings.skin_depth) - settings.skin_radius
    depth = settings.skin_radius - np.hypot(x - np.float32(middle[0]), y - np.float32(centre_y))
    thickness = np.float32(rng.uniform(*settings.subcutaneous))
    blend(volume, _whole(grid), coverage(thickness - depth, grid.edge), rng.uniform(*settings.fat))
    blend(volume, _whole(grid), coverage(-depth, grid.edge), settings.air)
