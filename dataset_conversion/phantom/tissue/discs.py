"""Painting the discs of a varied cohort: annulus and nucleus, gas, calcification, and bone that bridges them."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.bodies_and_discs import body_box
from dataset_conversion.phantom.anatomy.discs import Bridge, Inclusion
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.discs import DiscSettings
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid
from dataset_conversion.phantom.shapes.noise import correlated_noise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.vertebral_body import rim_height, wall_depth

_BEYOND = 6.0  # mm that bone reaches over the edges of the bodies that it bridges


def paint_varied_disc(volume: Array, rng: np.random.Generator, grid: Grid, body: Body, settings: DiscSettings) -> None:
    """Paint the adjacent halves of the discs above and below a body, and the space between, which bone will cover.

    The disc below is painted with what lies in it and in front of it.
    """
    if body.beside is None:
        return
    box = body_box(grid, body)
    u, v, w = grid.local(box, body.origin, body.frame)
    if u.size == 0:
        return
    shape, half = body.shape, rim_height(body.shape, v) * np.float32(0.5)
    level = np.full_like(w, shape.heights.posterior)
    texture = correlated_noise(rng, grid.part(box), settings.texture_length)
    for disc, upper, thickness in zip(body.beside, (True, False), body.discs, strict=True):
        bulge = np.float32(disc.bulge)
        wall: Array = wall_depth(shape, u / bulge, v / bulge, level) * bulge
        beyond = half + np.float32(thickness / 2) - (w if upper else -w)
        depth = np.minimum(np.minimum(beyond + np.float32(grid.edge), w if upper else -w), wall)
        ring = np.clip(1 - wall / np.float32(disc.annulus_width), 0, 1)
        density = disc.nucleus + np.float32(disc.annulus) * ring + np.float32(disc.texture_sd) * texture
        blend(volume, box, coverage(depth, grid.edge), density)
        if disc.bridge is not None:
            share = _bridge_share(body, disc.bridge, (u, v, w if upper else -w), wall, half, thickness, grid.edge)
            blend(volume, box, share, disc.bridge.density)
    for inclusion in body.beside[1].inclusions:
        _paint_inclusion(volume, grid, body, inclusion)


def _bridge_share(
    body: Body,
    bridge: Bridge,
    local: tuple[Array, Array, Array],
    wall: Array,
    half: Array,
    thickness: float,
    edge: float,
) -> Array:
    """The share of each voxel in a plate of bone in front of the disc and the edge of the body."""
    u, v, towards = local
    shape = body.shape
    inside = np.minimum(wall + np.float32(bridge.thickness), np.float32(edge) - wall)
    side = np.float32(bridge.side * shape.half_width)
    inside = np.minimum(inside, np.float32(bridge.half_width * shape.half_width) - np.abs(u - side))
    inside = np.minimum(inside, -v)
    along = np.minimum(towards - half + np.float32(_BEYOND), half + np.float32(thickness / 2 + edge) - towards)
    return coverage(np.minimum(inside, along), edge)


def _paint_inclusion(volume: Array, grid: Grid, body: Body, inclusion: Inclusion) -> None:
    """Paint gas or calcification in the middle of the disc below a body. Bodies are painted over it."""
    shape, thickness = body.shape, body.discs[1]
    half = (
        inclusion.size * shape.half_width,
        inclusion.size * shape.half_depth,
        max(inclusion.thickness * thickness / 2, 0.5),
    )
    left, back = inclusion.place
    place = (left * shape.half_width, back * shape.half_depth, -(shape.heights.rim + thickness) / 2)
    centre = body.origin + body.frame.to_world(*place)
    box: Box = grid.box_around(centre, max(half) + grid.edge)
    u, v, w = grid.local(box, centre, body.frame)
    radius = np.sqrt((u / half[0]) ** 2 + (v / half[1]) ** 2 + (w / half[2]) ** 2)
    blend(volume, box, coverage((1 - radius) * np.float32(half[2]), grid.edge), inclusion.density)
