"""Vertebral bodies and discs: drawing their densities, and painting them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.anatomy.discs import Disc
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.bones import BoneSettings
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.settings.spine import FractureSettings
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid
from dataset_conversion.phantom.shapes.noise import correlated_noise
from dataset_conversion.phantom.shapes.painting import blend, coverage, paint_bone
from dataset_conversion.phantom.shapes.vertebral_body import (
    endplate_depth,
    endplates,
    rim_height,
    smooth_minimum,
    wall_depth,
)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Band:
    """A sclerotic band below the upper endplate.

    Attributes:
        density: Density in HU above that of the bone.
        depth: Depth of its middle below the endplate in mm.
        thickness: Its standard deviation in mm.
        side: Position (u, v) of its strongest point in mm.
    """

    density: float
    depth: float
    thickness: float
    side: tuple[float, float]


@dataclass(frozen=True)
class BodyDensity:
    """Densities of one body and its discs in HU, and thickness of its shell in mm."""

    trabecular: float
    texture_sd: float  # of trabecular bone
    cortical: float
    cortical_thickness: float
    endplate_thickness: float
    disc: float
    band: Band | None


def draw_densities(rng: np.random.Generator, bodies: list[Body], settings: PhantomSettings) -> list[BodyDensity]:
    """Draw the densities of a patient's bodies: a mean that depends on age, and a small variation between bodies."""
    bone = settings.bone
    trabecular, cortical = draw_trabecular(rng, bone), rng.uniform(*bone.cortical)
    thickness, endplate = rng.uniform(*bone.cortical_thickness), rng.uniform(*bone.endplate_thickness)
    texture_sd = rng.uniform(*bone.texture_sd)
    return [
        BodyDensity(
            trabecular=trabecular + bone.trabecular_variation.draw(rng),
            texture_sd=texture_sd,
            cortical=cortical,
            cortical_thickness=thickness,
            endplate_thickness=endplate,
            disc=rng.uniform(*bone.disc),
            band=_draw_band(rng, body, settings.fracture),
        )
        for body in bodies
    ]


def draw_trabecular(rng: np.random.Generator, settings: BoneSettings) -> float:
    """Draw a patient's trabecular density in HU: the mean at the patient's age, and a deviation from it."""
    mean = settings.young_trabecular - settings.yearly_loss * (settings.age.draw(rng) - settings.young_age)
    return mean + settings.trabecular_deviation.draw(rng)


def _draw_band(rng: np.random.Generator, body: Body, settings: FractureSettings) -> Band | None:
    fractured = body.fracture is not None
    chance = settings.sclerosis_chance if fractured else settings.mimic_chance
    if rng.random() >= chance:
        return None
    depth = rng.uniform(*settings.sclerosis_depth)
    density = rng.uniform(*(settings.sclerosis if fractured else settings.mimic_sclerosis))
    shape = body.shape
    side = (rng.uniform(-0.5, 0.5) * shape.half_width, rng.uniform(-0.7, 0.2) * shape.half_depth)
    return Band(density=density, depth=depth, thickness=settings.sclerosis_thickness, side=side)


def paint_disc(volume: Array, grid: Grid, body: Body, density: BodyDensity, settings: BoneSettings) -> None:
    """Paint the adjacent halves of the discs above and below a body, and the space between, which bone will cover."""
    box = body_box(grid, body)
    u, v, w = grid.local(box, body.origin, body.frame)
    shape, share = body.shape, settings.disc_share
    wall = wall_depth(shape, u / share, v / share, np.full_like(w, shape.heights.posterior))
    half = rim_height(shape, v) / 2
    above, below = body.discs
    depth = np.minimum(np.minimum(half + above / 2 - w, w + half + below / 2) + grid.edge, wall)
    blend(volume, box, coverage(depth, grid.edge), density.disc)


def paint_body(
    volume: Array, rng: np.random.Generator, grid: Grid, body: Body, density: BodyDensity, settings: BoneSettings
) -> tuple[Box, Mask]:
    """Paint one body; return a box around it, and which voxels of the box are inside."""
    box = body_box(grid, body)
    u, v, w = grid.local(box, body.origin, body.frame)
    if u.size == 0:
        return box, np.zeros(u.shape, dtype=np.bool_)
    wall, endplate = wall_depth(body.shape, u, v, w), endplate_depth(body.shape, u, v, w)
    depth = smooth_minimum(wall, endplate, body.shape.edge_radius)
    shell = np.where(endplate < wall, np.float32(density.endplate_thickness), np.float32(density.cortical_thickness))
    texture = correlated_noise(rng, grid.part(box), settings.texture_length)
    inner = density.trabecular + np.float32(density.texture_sd) * texture
    if density.band is not None:
        inner += _band(body, density.band, u, v, w)
    if body.beside is not None:
        inner = inner + _beside_discs(body, body.beside, (u, v, w))
    paint_bone(volume, box, depth, grid.edge, shell, density.cortical, inner)
    return box, np.asarray(depth > 0)


def body_depth(grid: Grid, body: Body) -> tuple[Box, Array]:
    """A box around a body, and the depth of its voxels below the surface of the body in mm, positive inside."""
    box = body_box(grid, body)
    u, v, w = grid.local(box, body.origin, body.frame)
    wall, endplate = wall_depth(body.shape, u, v, w), endplate_depth(body.shape, u, v, w)
    return box, smooth_minimum(wall, endplate, body.shape.edge_radius)


def body_box(grid: Grid, body: Body) -> Box:
    """The box that contains a body and the adjacent halves of its discs."""
    shape = body.shape
    reach = np.hypot(max(shape.half_width, shape.half_depth), shape.heights.posterior / 2 + max(body.discs) / 2)
    return grid.box_around(body.origin, float(reach))


def _band(body: Body, band: Band, u: Array, v: Array, w: Array) -> Array:
    _, upper = endplates(body.shape, u, v)
    across = ((u - band.side[0]) / body.shape.half_width) ** 2 + ((v - band.side[1]) / body.shape.half_depth) ** 2
    along = ((upper - w - band.depth) / band.thickness) ** 2
    return np.asarray(band.density * np.exp(-along / 2 - across), dtype=np.float32)


def _beside_discs(body: Body, beside: tuple[Disc, Disc], local: tuple[Array, Array, Array]) -> Array:
    """What sclerosis beside the discs above and below adds to a body."""
    u, v, w = local
    shape, added = body.shape, np.zeros_like(w)
    lower, upper = endplates(shape, u, v)
    for sclerosis, distance in ((beside[0].sclerosis[1], upper - w), (beside[1].sclerosis[0], w - lower)):
        if sclerosis is None:
            continue
        (left, back), size = sclerosis.place, np.float32(sclerosis.size)
        across = (u / shape.half_width - np.float32(left)) ** 2 + (v / shape.half_depth - np.float32(back)) ** 2
        fall = np.exp(-np.maximum(distance, 0) / np.float32(sclerosis.depth) - across / (size * size))
        added += np.float32(sclerosis.density) * fall
    return added
