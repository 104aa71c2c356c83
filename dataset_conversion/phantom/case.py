"""One case of the cohort: its plan, which is drawn quickly, and its volumes, which are rendered from the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.acquisition import acquire
from dataset_conversion.phantom.background import paint_background
from dataset_conversion.phantom.bone import draw_densities, paint_body, paint_disc
from dataset_conversion.phantom.fractures import is_negative
from dataset_conversion.phantom.frames import Point
from dataset_conversion.phantom.grid import Grid, correlated_noise
from dataset_conversion.phantom.posterior import paint_posterior
from dataset_conversion.phantom.settings import FieldSettings, PhantomSettings
from dataset_conversion.phantom.spine import Body, draw_spine
from dataset_conversion.vertebra_table import Vertebra
from dataset_conversion.volume import Volume


@dataclass(frozen=True)
class CasePlan:
    """What a case shows and where. `origin` is the first voxel's place in LPS mm (x, y, z).

    `rendering` seeds whatever is drawn while rendering.
    """

    case_id: str
    grid: Grid
    origin: Point
    bodies: list[Body]
    rendering: np.random.SeedSequence

    @property
    def affine(self) -> npt.NDArray[np.float64]:
        """Voxel index (x, y, z) to LPS mm; the axes are the canonical ones."""
        affine = np.diag([*self.grid.spacing[::-1], 1.0])
        affine[:3, 3] = self.origin
        return affine

    @property
    def visible(self) -> list[Body]:
        """The bodies whose centroid is inside the field, from the top down."""
        limits = (np.array(self.grid.shape) - 1) * self.grid.spacing
        return [body for body in self.bodies if np.all((body.centroid >= 0) & (body.centroid <= limits[::-1]))]

    def rows(self) -> list[Vertebra]:
        """The visible vertebrae as rows of the vertebra table."""
        rows = []
        for body in self.visible:
            x, y, z = (round(float(value), 3) for value in body.centroid + self.origin)
            grade = body.fracture.grade if body.fracture else 0
            shape = body.fracture.shape if body.fracture else None
            rows.append(Vertebra(self.case_id, self.case_id, body.level, x, y, z, grade, shape))
        return rows


def plan_case(seed: int, case: int, settings: PhantomSettings) -> CasePlan:
    """Draw one case. It depends on the seed, its own number and the settings only."""
    layout, rendering = np.random.SeedSequence(seed, spawn_key=(case, 0)).spawn(2)
    rng = np.random.default_rng(layout)
    grid = _draw_grid(rng, settings.field_of_view)
    return CasePlan(
        case_id=f"phantom_{case:03d}",
        grid=grid,
        origin=rng.uniform(*settings.field_of_view.origin, size=3).round(2),
        bodies=draw_spine(rng, is_negative(seed, case, settings.fracture), settings),
        rendering=rendering,
    )


def _draw_grid(rng: np.random.Generator, settings: FieldSettings) -> Grid:
    in_plane = round(float(rng.uniform(*settings.in_plane_spacing)), 3)
    spacing = (round(float(rng.uniform(*settings.slice_spacing)), 2), in_plane, in_plane)
    z, y, x = (round(size / step) for size, step in zip(settings.size, spacing, strict=True))
    return Grid(shape=(z, y, x), spacing=spacing)


def render_case(plan: CasePlan, settings: PhantomSettings) -> tuple[Volume, Volume]:
    """The CT (int16 HU) and the exact mask of the visible bodies (uint8, numbered like the rows of `plan.rows()`)."""
    rng = np.random.default_rng(plan.rendering)
    volume = paint_background(rng, plan.grid, plan.bodies, settings.tissue)
    texture = correlated_noise(rng, plan.grid, settings.bone.texture_length)
    texture *= np.float32(rng.uniform(*settings.bone.texture_sd))
    densities = draw_densities(rng, plan.bodies, settings)
    for body, density in zip(plan.bodies, densities, strict=True):
        paint_disc(volume, plan.grid, body, density, settings.bone)
        paint_posterior(volume, plan.grid, body, density.cortical, settings.posterior)
    mask = np.zeros(plan.grid.shape, dtype=np.uint8)
    numbers = {body.level: number for number, body in enumerate(plan.visible, start=1)}
    for body, density in zip(plan.bodies, densities, strict=True):
        box, inside = paint_body(volume, plan.grid, body, density, texture)
        mask[box][inside] = numbers.get(body.level, 0)
    scan = acquire(rng, volume, plan.grid, settings.acquisition)
    return Volume(scan, plan.affine), Volume(mask, plan.affine)
