"""One case of a cohort: its plan, which is quick to draw, and its volumes, which are rendered from the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dataset_conversion.images.volume import Volume
from dataset_conversion.phantom.acquisition.field_of_view import draw_field
from dataset_conversion.phantom.acquisition.scan import acquire
from dataset_conversion.phantom.acquisition.thick_slices import (
    average_slices,
    middle_slices,
    rendered_per_slice,
    rendering_grid,
)
from dataset_conversion.phantom.anatomy.bodies_and_discs import (
    BodyDensity,
    body_depth,
    draw_densities,
    paint_body,
    paint_disc,
)
from dataset_conversion.phantom.anatomy.pelvis import paint_pelvis
from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.posterior_elements import paint_posterior
from dataset_conversion.phantom.anatomy.ribs import paint_ribs
from dataset_conversion.phantom.anatomy.spinal_canal import paint_canal
from dataset_conversion.phantom.anatomy.spine import Body, draw_spine
from dataset_conversion.phantom.anatomy.torso import Torso, draw_torso
from dataset_conversion.phantom.cohort.composition import compose
from dataset_conversion.phantom.cohort.variation import settings_of_case
from dataset_conversion.phantom.settings.acquisition import Scanner
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.skeleton.skeleton import Skeleton, draw_skeleton
from dataset_conversion.phantom.thorax.contents import paint_thorax
from dataset_conversion.phantom.thorax.great_vessels import Injection, add_streaks_of_veins
from dataset_conversion.phantom.tissue.arms import paint_arms
from dataset_conversion.phantom.tissue.bowel import paint_bowel
from dataset_conversion.phantom.tissue.chest import draw_diaphragm, paint_airways, paint_lungs
from dataset_conversion.phantom.tissue.discs import paint_varied_disc
from dataset_conversion.phantom.tissue.implants import paint_implants
from dataset_conversion.phantom.tissue.lesions import paint_lesions, paint_vacuum
from dataset_conversion.phantom.tissue.organs import paint_organs
from dataset_conversion.phantom.tissue.soft_tissue import paint_soft_tissue
from dataset_conversion.phantom.tissue.urinary import paint_urinary
from dataset_conversion.phantom.tissue.vessels import paint_vessels
from dataset_conversion.spine.vertebra_table import Vertebra


@dataclass(frozen=True)
class CasePlan:
    """The content and geometry of a case.

    Attributes:
        case_id: Its name.
        grid: Its voxels.
        origin: Centre of the first voxel (x, y, z) in LPS mm.
        bodies: Its vertebral bodies from the head down, also those outside the grid.
        torso: The outline of the patient.
        scanner: The protocol of the scan.
        rendering: Seed of all that is drawn during rendering.
        values: Seed of the settings that the case draws for itself, if the cohort is varied.
        additions: Seed of what not every cohort has: arms, lesions and implants.
        bones: Seed of the bones beside the spine, if the cohort has those of patients.
        unlisted: Levels that have no rows.
    """

    case_id: str
    grid: Grid
    origin: Point
    bodies: list[Body]
    torso: Torso
    scanner: Scanner
    rendering: np.random.SeedSequence
    values: np.random.SeedSequence
    additions: np.random.SeedSequence
    bones: np.random.SeedSequence
    unlisted: tuple[str, ...] = ()

    @property
    def affine(self) -> npt.NDArray[np.float64]:
        """Voxel index (x, y, z) to LPS mm; the axes are canonical."""
        affine = np.diag([*self.grid.spacing[::-1], 1.0])
        affine[:3, 3] = self.origin
        return affine

    @property
    def visible(self) -> list[Body]:
        """The listed bodies whose centroid is inside the grid, from the head down."""
        limits = (np.array(self.grid.shape) - 1) * self.grid.spacing
        return [
            body
            for body in self.bodies
            if body.level not in self.unlisted and np.all((body.centroid >= 0) & (body.centroid <= limits[::-1]))
        ]

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
    """Draw one case. It depends on the seed, its number and the settings only."""
    layout, rendering, values, additions, bones = np.random.SeedSequence(seed, spawn_key=(case, 0)).spawn(5)
    settings = settings_of_case(values, settings)
    rng = np.random.default_rng(layout)
    composition = compose(seed, case, settings.composition)
    scanner = settings.scanners[int(rng.integers(len(settings.scanners)))]
    bodies = draw_spine(rng, composition, settings)
    torso = draw_torso(rng, [body for body in bodies if body.level in composition.levels], settings.torso)
    grid, corner = draw_field(rng, bodies, torso, composition, scanner, settings.field_of_view)
    return CasePlan(
        case_id=f"phantom_{case:03d}",
        grid=grid,
        origin=rng.uniform(*settings.field_of_view.origin, size=3).round(2),
        bodies=[replace(body, origin=body.origin - corner) for body in bodies],
        torso=torso.moved(corner),
        scanner=scanner,
        rendering=rendering,
        values=values,
        additions=additions,
        bones=bones,
        unlisted=settings.unlisted,
    )


def render_case(plan: CasePlan, settings: PhantomSettings) -> tuple[Volume, Volume]:
    """Render a case.

    Returns:
        The CT (int16 HU), and the exact mask of the visible bodies (uint8, numbered as the rows of `plan.rows()`).
    """
    settings = settings_of_case(plan.values, settings)
    rng = np.random.default_rng(plan.rendering)
    enhanced = bool(rng.random() < settings.tissue.enhanced_chance)
    count = rendered_per_slice(plan.grid, plan.scanner)
    grid, lowest = rendering_grid(plan.grid, count)
    corner = np.array([0.0, 0.0, lowest])
    bodies = [replace(body, origin=body.origin - corner) for body in plan.bodies]
    phantom = Phantom(grid, bodies, plan.torso.moved(corner), enhanced, settings)
    volume = np.full(grid.shape, settings.tissue.air, dtype=np.float32)
    additions, of_bones = (np.random.default_rng(seed) for seed in (plan.additions, plan.bones))
    skeleton = draw_skeleton(of_bones, phantom)
    injection = _paint_tissue(volume, rng, additions, phantom, skeleton)
    mask = _paint_bones(volume, rng, additions, phantom, skeleton, [body.level for body in plan.visible])
    add_streaks_of_veins(volume, rng, phantom, injection)
    scan = acquire(rng, average_slices(volume, count), plan.grid, plan.scanner)
    return Volume(scan, plan.affine), Volume(middle_slices(mask, count), plan.affine)


def _paint_tissue(
    volume: Array, rng: np.random.Generator, additions: np.random.Generator, phantom: Phantom, skeleton: Skeleton
) -> Injection | None:
    """Paint all but bones and discs; return where there is undiluted contrast medium."""
    paint_soft_tissue(volume, rng, phantom)
    skeleton.paint_flesh(volume)
    diaphragm = draw_diaphragm(rng, phantom)
    paint_lungs(volume, rng, phantom, diaphragm)
    paint_airways(volume, phantom)
    paint_organs(volume, rng, phantom, diaphragm)
    paint_bowel(volume, rng, phantom, diaphragm)
    aorta, blood = paint_vessels(volume, rng, phantom)
    paint_urinary(volume, additions, phantom, diaphragm)
    injection = paint_thorax(volume, additions, phantom, diaphragm, aorta, blood)
    paint_canal(volume, rng, phantom)
    return injection


def _paint_bones(
    volume: Array,
    rng: np.random.Generator,
    additions: np.random.Generator,
    phantom: Phantom,
    skeleton: Skeleton,
    visible: list[str],
) -> npt.NDArray[np.uint8]:
    """Paint all bones and discs, and arms, lesions and implants; return the mask of the visible levels.

    What not every cohort has is drawn from `additions`, so that it changes nothing else.
    """
    grid, settings = phantom.grid, phantom.settings
    densities = draw_densities(rng, phantom.bodies, settings)
    cortical = densities[0].cortical
    paint_arms(volume, additions, phantom, cortical)
    paint_ribs(volume, phantom, cortical)
    skeleton.paint_shoulders(volume, densities[0])
    if settings.pelvic_bones is None:
        paint_pelvis(volume, grid, phantom.bodies, cortical, settings.pelvis)
    for body, density in zip(phantom.bodies, densities, strict=True):
        _paint_beside_body(volume, additions, phantom, body, density)
    skeleton.paint_pelvis(volume, densities[-1])
    mask = np.zeros(grid.shape, dtype=np.uint8)
    numbers = {level: number for number, level in enumerate(visible, start=1)}
    for body, density in zip(phantom.bodies, densities, strict=True):
        if body.sacral and settings.pelvic_bones is not None:
            box, depth = body_depth(grid, body)
            mask[box][depth > 0] = numbers.get(body.level, 0)
            continue
        box, inside = paint_body(volume, rng, grid, body, density, settings.bone)
        mask[box][inside] = numbers.get(body.level, 0)
        paint_lesions(volume, additions, grid, body, (box, inside), settings.lesions)
    shown = [body for body in phantom.bodies if body.level in numbers]
    paint_implants(volume, additions, grid, shown, settings.implants)
    return mask


def _paint_beside_body(
    volume: Array, additions: np.random.Generator, phantom: Phantom, body: Body, density: BodyDensity
) -> None:
    """Paint the adjacent halves of the discs at a body, and its posterior elements."""
    grid, settings = phantom.grid, phantom.settings
    if settings.discs is None:
        paint_disc(volume, grid, body, density, settings.bone)
    else:
        paint_varied_disc(volume, additions, grid, body, settings.discs)
    paint_vacuum(volume, additions, grid, body, settings.lesions)
    if not body.sacral:
        paint_posterior(volume, grid, body, density.cortical, settings.posterior)
