"""Vacuum in discs, and lesions and cement in vertebral bodies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.lesions import LesionSettings
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid
from dataset_conversion.phantom.shapes.painting import blend, coverage

Mask = npt.NDArray[np.bool_]

Local = tuple[Array, Array, Array]
"""Local coordinates u, v and w of voxels in mm."""


def paint_vacuum(volume: Array, rng: np.random.Generator, grid: Grid, body: Body, settings: LesionSettings) -> None:
    """Paint gas in the disc below a body, in some of the discs. Bodies are painted over it."""
    if rng.random() >= settings.vacuum_chance:
        return
    shape, thickness = body.shape, body.discs[1]
    size, flat = rng.uniform(*settings.vacuum_size), rng.uniform(*settings.vacuum_thickness)
    half = size * shape.half_width, size * shape.half_depth, max(flat * thickness / 2, 0.5)
    off = rng.uniform(-0.4, 0.4, size=2) * (shape.half_width, shape.half_depth)
    centre = body.origin + body.frame.to_world(off[0], off[1], -(shape.heights.rim + thickness) / 2)
    box = grid.box_around(centre, max(half) + grid.edge)
    u, v, w = grid.local(box, centre, body.frame)
    radius = np.sqrt((u / half[0]) ** 2 + (v / half[1]) ** 2 + (w / half[2]) ** 2)
    blend(volume, box, coverage((1 - radius) * np.float32(half[2]), grid.edge), rng.uniform(*settings.vacuum))


def paint_lesions(
    volume: Array, rng: np.random.Generator, grid: Grid, body: Body, part: tuple[Box, Mask], settings: LesionSettings
) -> None:
    """Paint what one body has of lesions and cement.

    Args:
        volume: Densities of all voxels in HU.
        rng: Source of random numbers.
        grid: The voxels.
        body: The body, which is painted already.
        part: A box around it, and which voxels of the box are inside.
        settings: Chances and sizes.
    """
    painters: tuple[tuple[float, Callable[..., None]], ...] = (
        (settings.haemangioma_chance, _paint_haemangioma),
        (settings.island_chance, _paint_island),
        (settings.cement_chance if body.fracture else 0.0, _paint_cement),
    )
    for chance, paint in painters:
        if rng.random() < chance and part[1].any():
            paint(volume, rng, grid, body, part, settings)


def _paint_haemangioma(
    volume: Array, rng: np.random.Generator, grid: Grid, body: Body, part: tuple[Box, Mask], settings: LesionSettings
) -> None:
    """Paint a region of low density with coarse struts along the body's axis."""
    (box, inside), shape = part, body.shape
    u, v, w = grid.local(box, body.origin, body.frame)
    size = rng.uniform(*settings.haemangioma_size)
    half = np.array([shape.half_width, shape.half_depth, shape.heights.posterior / 2])
    centre = rng.uniform(-1, 1, size=3) * (1 - size) * half
    radius = _radius((u, v, w), centre, size * half)
    step, phase = 2 * np.pi / rng.uniform(*settings.strut_distance), rng.uniform(0, 2 * np.pi, size=2)
    # Struts are where two waves across the axis meet. Each wave bends, so that the struts are no regular lattice.
    waves = np.cos(step * u + phase[0] + np.sin(step * v / 3)) * np.cos(step * v + phase[1] + np.sin(step * u / 3))
    struts = np.clip(3 * waves - 1, 0, 1)
    density = np.float32(rng.uniform(*settings.haemangioma)) + np.float32(rng.uniform(*settings.strut)) * struts
    blend(volume, box, _covered(radius, size * half, grid) * inside, density)


def _paint_island(
    volume: Array, rng: np.random.Generator, grid: Grid, body: Body, part: tuple[Box, Mask], settings: LesionSettings
) -> None:
    """Paint a ball of dense bone."""
    box, inside = part
    local = grid.local(box, body.origin, body.frame)
    half = np.full(3, rng.uniform(*settings.island_radius))
    radius = _radius(local, _inside(rng, body), half)
    blend(volume, box, _covered(radius, half, grid) * inside, rng.uniform(*settings.island))


def _paint_cement(
    volume: Array, rng: np.random.Generator, grid: Grid, body: Body, part: tuple[Box, Mask], settings: LesionSettings
) -> None:
    """Paint some balls of cement that can overlap."""
    box, inside = part
    local = grid.local(box, body.origin, body.frame)
    density = rng.uniform(*settings.cement)
    low, high = settings.cement_balls
    for _ in range(int(rng.integers(low, high + 1))):
        half = rng.uniform(*settings.cement_radius) * rng.uniform(0.7, 1.3, size=3)
        radius = _radius(local, _inside(rng, body), half)
        blend(volume, box, _covered(radius, half, grid) * inside, density)


def _inside(rng: np.random.Generator, body: Body) -> npt.NDArray[np.float64]:
    """A point of a body in its own frame."""
    shape = body.shape
    return rng.uniform(-0.6, 0.6, size=3) * (shape.half_width, shape.half_depth, shape.heights.middle / 2)


def _radius(local: Local, centre: npt.NDArray[np.float64], half: npt.NDArray[np.float64]) -> Array:
    """Distance from the centre of an ellipsoid, 1 on its surface."""
    squares = [
        ((axis - np.float32(start)) / np.float32(size)) ** 2
        for axis, start, size in zip(local, centre, half, strict=True)
    ]
    return np.asarray(np.sqrt(squares[0] + squares[1] + squares[2]), dtype=np.float32)


def _covered(radius: Array, half: npt.NDArray[np.float64], grid: Grid) -> Array:
    """The share of each voxel inside an ellipsoid."""
    return coverage((1 - radius) * np.float32(half.min()), grid.edge)
