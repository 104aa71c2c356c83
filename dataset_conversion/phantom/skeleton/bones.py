"""Bones as they lie in a patient: placed, turned, stretched and painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dataset_conversion.phantom.settings.bone_parts import BoneShape, BoneVariation, Part, Sheet
from dataset_conversion.phantom.shapes.beams import Beam, beam, solid_depth
from dataset_conversion.phantom.shapes.frames import Frame, Point, frame_from_angles
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import paint_bone
from dataset_conversion.phantom.shapes.plates import Plate, plate_depth
from dataset_conversion.phantom.shapes.unions import Solid, hollowed, joined

FIELD_FRAME = frame_from_angles(0.0, 0.0, 0.0)
"""The axes of the field."""


@dataclass(frozen=True)
class Placement:
    """How the points of a described bone become field coordinates.

    Attributes:
        origin: Where (0, 0, 0) lies, in field coordinates.
        matrix: (3, 3) what a displacement is multiplied with: turned, stretched and, on the right side, mirrored.
        thickness: Size of sections relative to the described one.
    """

    origin: Point
    matrix: Point
    thickness: float

    def point(self, place: Sequence[float] | Point) -> Point:
        """The field coordinates of a point."""
        return np.asarray(self.origin + self.matrix @ np.asarray(place, dtype=np.float64))

    def part(self, part: Part) -> Beam:
        """A part in field coordinates."""
        sizes, end_sizes = (
            (first * self.thickness, second * self.thickness)
            for first, second in (part.sizes, part.end_sizes or part.sizes)
        )
        across = self.matrix @ np.array(part.across)
        return beam(self.point(part.start).tolist(), self.point(part.end).tolist(), across.tolist(), sizes, end_sizes)

    def sheet(self, sheet: Sheet) -> Plate:
        """A plate in field coordinates."""
        rim, inner = (
            np.array([[*self.point(place), half * self.thickness] for *place, half in points]).reshape(-1, 4)
            for points in (sheet.rim, sheet.inner)
        )
        return Plate(rim, inner)

    def moved(self, place: Sequence[float]) -> Placement:
        """The same placement with its origin at another described point."""
        return replace(self, origin=self.point(place))


def draw_placements(
    rng: np.random.Generator, origin: Point, frame: Frame, variation: BoneVariation
) -> tuple[Placement, Placement]:
    """Draw how the bones of a patient differ from those described; the placements of the left and the right side."""
    size, thickness = variation.size.draw(rng), variation.thickness.draw(rng)
    strain = np.eye(3) + rng.normal(0.0, variation.stretch, (3, 3)) * _SYMMETRIC
    axes = np.stack([frame.left, frame.posterior, frame.up], axis=1)
    left, right = (
        Placement(
            origin=origin + axes @ rng.normal(0.0, variation.shift, 3),
            matrix=axes @ np.diag([sign, 1.0, 1.0]) @ strain * size,
            thickness=size * thickness,
        )
        for sign in (1.0, -1.0)
    )
    return left, right


_SYMMETRIC = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
"""Strains that keep the midline in its plane, so that both sides still meet there."""


def parts_depth(grid: Grid, placement: Placement, parts: Sequence[Part], rounding: float) -> Solid:
    """The solid that parts form together."""
    return solid_depth(grid, np.zeros(3), FIELD_FRAME, [placement.part(part) for part in parts], rounding)


def both_sides(parts: Sequence[Part]) -> list[Part]:
    """Parts of a bone in the midline: those described on the left side, and their mirror images."""
    return [*parts, *(_mirrored(part) for part in parts if part.start[0] or part.end[0])]


def _mirrored(part: Part) -> Part:
    start, end, across = ((-x, y, z) for x, y, z in (part.start, part.end, part.across))
    return replace(part, start=start, end=end, across=across)


def bone_depth(grid: Grid, placement: Placement, shape: BoneShape) -> Solid:
    """A bone with its cavities."""
    solid = parts_depth(grid, placement, shape.parts, shape.rounding)
    if shape.sheet is not None:
        solid = joined([plate_depth(grid, placement.sheet(shape.sheet)), solid], shape.rounding)
    if shape.cavities:
        solid = hollowed(solid, parts_depth(grid, placement, shape.cavities, 1.0))
    return solid


@dataclass(frozen=True)
class Bone:
    """Densities of bone in HU.

    Attributes:
        cortical: Density of shells.
        trabecular: Density inside.
        texture_sd: Standard deviation of the grain of trabecular bone.
        texture_length: Its size in mm.
    """

    cortical: float
    trabecular: float
    texture_sd: float
    texture_length: float


def paint_solid(
    volume: Array,
    rng: np.random.Generator,
    grid: Grid,
    solid: Solid,
    bone: Bone,
    thickness: Array | float,
    inner: Array | None = None,
) -> None:
    """Paint a solid as a shell around trabecular bone of density `inner` (default: that of `bone`) with its grain."""
    box, depth = solid
    if not depth.size or depth.max() <= -grid.edge:
        return
    texture = SmoothNoise(rng, grid.part(box), bone.texture_length).at(grid.part(box).whole)
    texture *= np.float32(bone.texture_sd)
    texture += np.float32(bone.trabecular) if inner is None else inner
    paint_bone(volume, box, depth, grid.edge, thickness, bone.cortical, texture)
