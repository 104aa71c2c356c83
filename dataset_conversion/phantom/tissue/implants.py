"""Pedicle screws and rods of metal, with their artefact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.lesions import ImplantSettings
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth
from dataset_conversion.phantom.tissue.rays import add_rays

_HEAD_BEHIND = 5.0  # mm from the canal's posterior wall to the head of a screw
_WIDEST_SHARE = 0.8  # largest distance of a screw from the midline, as a share of the half width
_TIP = (0.4, -0.4)  # the tip, as shares of the half width and the half depth


def paint_implants(
    volume: Array, rng: np.random.Generator, grid: Grid, bodies: Sequence[Body], settings: ImplantSettings
) -> None:
    """Paint screws and rods at neighbouring levels above the sacrum, in some of the cases.

    Args:
        volume: Densities of all voxels in HU.
        rng: Source of random numbers.
        grid: The voxels.
        bodies: The bodies in the field, from the head down.
        settings: Chance and sizes.
    """
    if rng.random() >= settings.chance:
        return
    instrumented = _draw_levels(rng, [body for body in bodies if not body.sacral], settings)
    metal = rng.uniform(*settings.metal)
    screw_radius, rod_radius = rng.uniform(*settings.screw_radius), rng.uniform(*settings.rod_radius)
    strength, reach = rng.uniform(*settings.artefact), rng.uniform(*settings.artefact_reach)
    pieces: list[Rod] = []
    for side in (-1.0, 1.0):
        screws = [_screw(body, side, screw_radius, settings) for body in instrumented]
        heads = [screw.start for screw in screws]
        pieces += [*screws, *(Rod(head, head, settings.head_radius) for head in heads), *polyline(heads, rod_radius)]
        for screw in screws:
            middle = (screw.start + screw.end) / 2
            add_rays(volume, rng, grid, middle, strength, reach, settings.rays, settings.dark_share)
    for piece in pieces:
        box, depth = union_depth(grid, [piece])
        blend(volume, box, coverage(depth, grid.edge), metal)


def _draw_levels(rng: np.random.Generator, bodies: Sequence[Body], settings: ImplantSettings) -> Sequence[Body]:
    low, high = settings.levels
    count = min(int(rng.integers(low, high + 1)), len(bodies))
    first = int(rng.integers(len(bodies) - count + 1))
    return bodies[first : first + count]


def _screw(body: Body, side: float, radius: float, settings: ImplantSettings) -> Rod:
    """A screw from its head behind the canal through the pedicle into the body (`side` 1: the left one)."""
    width, depth = canal_size(body.level)
    shape, height = body.normal, body.shape.heights.posterior
    beside = side * min(width / 2 + settings.side, _WIDEST_SHARE * shape.half_width)
    head = (beside, shape.half_depth + depth + _HEAD_BEHIND, 0.2 * height)
    tip = (side * _TIP[0] * shape.half_width, _TIP[1] * shape.half_depth, 0.0)
    return Rod(body.origin + body.frame.to_world(*head), body.origin + body.frame.to_world(*tip), radius)
