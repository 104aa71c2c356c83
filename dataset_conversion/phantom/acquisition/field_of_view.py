"""Field of view of the scan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset_conversion.phantom.anatomy.spine import Body, Composition
from dataset_conversion.phantom.anatomy.torso import Torso
from dataset_conversion.phantom.settings.acquisition import FieldSettings, Scanner
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Grid

LOWEST = "S2"
"""The lowest level of a spine; fields that show it can reach the hips."""


def draw_field(
    rng: np.random.Generator,
    bodies: Sequence[Body],
    torso: Torso,
    composition: Composition,
    scanner: Scanner,
    settings: FieldSettings,
) -> tuple[Grid, Point]:
    """Draw a grid that shows exactly the levels of the composition.

    Returns:
        The grid, and the position (x, y, z) of its first voxel in the coordinates of the bodies.
    """
    in_plane = round(float(rng.uniform(*scanner.in_plane_spacing)), 3)
    slices = round(float(rng.uniform(*scanner.slice_spacing)), 2)
    bottom, top = _borders(rng, bodies, composition.levels, settings)
    shown = [body for body in bodies if body.level in composition.levels]
    if settings.crop is None:
        (y, x), (size_y, size_x) = _whole(rng, torso, scanner, settings)
    else:
        size_y, size_x = settings.crop
        y, x = _crop(rng, shown, settings.crop, settings)
    shape = (int((top - bottom) / slices) + 1, round(size_y / in_plane), round(size_x / in_plane))
    return Grid(shape=shape, spacing=(slices, in_plane, in_plane)), np.array([x, y, bottom])


def _borders(
    rng: np.random.Generator, bodies: Sequence[Body], shown: Sequence[str], settings: FieldSettings
) -> tuple[float, float]:
    """Lower and upper border, each between the centroid of the last level shown and that of the first not shown."""
    heights = {body.level: float(body.centroid[2]) for body in bodies}
    order = list(heights)
    first, last = order.index(shown[0]), order.index(shown[-1])
    above = heights[order[first - 1]]
    below = heights[order[last + 1]] if last + 1 < len(order) else heights[order[last]] - settings.below_sacrum
    bottom, top = (
        heights[inside] + rng.uniform(*settings.border_share) * (outside - heights[inside])
        for inside, outside in ((shown[-1], below), (shown[0], above))
    )
    if shown[-1] == LOWEST and settings.hips_chance > 0 and rng.random() < settings.hips_chance:
        bottom -= rng.uniform(*settings.hips)
    return bottom, top


def _whole(
    rng: np.random.Generator, torso: Torso, scanner: Scanner, settings: FieldSettings
) -> tuple[tuple[float, float], tuple[float, float]]:
    """First voxel (y, x) and size (y, x) of a square field that reaches behind the patient's back."""
    size = float(np.clip(2 * torso.half_width + rng.uniform(*settings.margin), *scanner.diameter))
    y = torso.back + rng.uniform(*settings.behind_back) - size
    return (y, torso.x - size / 2), (size, size)


def _crop(
    rng: np.random.Generator, shown: Sequence[Body], crop: tuple[float, float], settings: FieldSettings
) -> tuple[float, float]:
    x, y, _ = np.mean([body.origin for body in shown], axis=0)
    size_y, size_x = crop
    first_x = float(x) - size_x / 2 - rng.uniform(*settings.crop_offset)
    return float(y) - size_y * rng.uniform(*settings.crop_position), first_x
