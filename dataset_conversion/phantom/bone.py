"""Density of vertebral bodies and discs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.body import Array, body_depth, endplates, rim_height, wall_depth
from dataset_conversion.phantom.grid import Box, Grid, blend, coverage, paint_bone
from dataset_conversion.phantom.settings import BoneSettings, FractureSettings, PhantomSettings
from dataset_conversion.phantom.spine import Body

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Band:
    """A sclerotic band below the upper endplate: its density above the bone's, its middle's depth, its sd and the
    side (u, v) in mm of its strongest point."""

    density: float
    depth: float
    thickness: float
    side: tuple[float, float]


@dataclass(frozen=True)
class BodyDensity:
    """Densities (HU) of one body and its discs; `cortical_thickness` in mm."""

    trabecular: float
    cortical: float
    cortical_thickness: float
    disc: float
    band: Band | None


def draw_densities(rng: np.random.Generator, bodies: list[Body], settings: PhantomSettings) -> list[BodyDensity]:
    """Densities of a patient's bodies: one patient-wide level, some variation between bodies."""
    bone = settings.bone
    trabecular, cortical = bone.trabecular.draw(rng), rng.uniform(*bone.cortical)
    thickness = rng.uniform(*bone.cortical_thickness)
    return [
        BodyDensity(
            trabecular=trabecular + bone.trabecular_variation.draw(rng),
            cortical=cortical,
            cortical_thickness=thickness,
            disc=rng.uniform(*bone.disc),
            band=_draw_band(rng, body, settings.fracture),
        )
        for body in bodies
    ]


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
    """Paint the halves of the discs next to a body (and the body's own place, which bone covers later)."""
    box = body_box(grid, body)
    u, v, w = grid.local(box, body.origin, body.frame)
    shape, share = body.shape, settings.disc_share
    wall = wall_depth(shape, u / share, v / share, np.full_like(w, shape.heights.posterior))
    half = rim_height(shape, v) / 2
    above, below = body.discs
    depth = np.minimum(np.minimum(half + above / 2 - w, w + half + below / 2) + grid.edge, wall)
    blend(volume, box, coverage(depth, grid.edge), density.disc)


def paint_body(volume: Array, grid: Grid, body: Body, density: BodyDensity, texture: Array) -> tuple[Box, Mask]:
    """Paint one body and return the voxels that lie inside it, as a box and a mask of the box's shape.

    Args:
        texture: the trabecular bone's variation in HU on the whole grid.
    """
    box = body_box(grid, body)
    u, v, w = grid.local(box, body.origin, body.frame)
    depth = body_depth(body.shape, u, v, w)
    inner = density.trabecular + texture[box]
    if density.band is not None:
        inner = inner + _band(body, density.band, u, v, w)
    paint_bone(volume, box, depth, grid.edge, density.cortical_thickness, density.cortical, inner)
    return box, np.asarray(depth > 0)


def body_box(grid: Grid, body: Body) -> Box:
    """The voxels that a body and half of its discs may touch."""
    shape = body.shape
    reach = np.hypot(max(shape.half_width, shape.half_depth), shape.heights.posterior / 2 + max(body.discs) / 2)
    return grid.box_around(body.origin, float(reach))


def _band(body: Body, band: Band, u: Array, v: Array, w: Array) -> Array:
    _, upper = endplates(body.shape, u, v)
    across = ((u - band.side[0]) / body.shape.half_width) ** 2 + ((v - band.side[1]) / body.shape.half_depth) ** 2
    along = ((upper - w - band.depth) / band.thickness) ** 2
    return np.asarray(band.density * np.exp(-along / 2 - across), dtype=np.float32)
