"""A phantom: the anatomy of one case on its grid, as all painting functions need it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dataset_conversion.phantom.anatomy.level_positions import LevelPositions
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.anatomy.torso import Outline, Torso, outline
from dataset_conversion.phantom.anatomy.vertebral_column import Column, interpolate_column
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid


@dataclass(frozen=True)
class Phantom:
    """The anatomy of one case.

    Attributes:
        grid: Its voxels.
        bodies: Its vertebral bodies in field coordinates, from the head down.
        torso: The outline of the patient.
        enhanced: Whether it is scanned with contrast medium.
        settings: All settings of the cohort.
    """

    grid: Grid
    bodies: list[Body]
    torso: Torso
    enhanced: bool
    settings: PhantomSettings

    @cached_property
    def levels(self) -> LevelPositions:
        """The z of each level."""
        return LevelPositions.of(self.bodies)

    def column(self, box: Box) -> Column:
        """The vertebral column in the slices of a box."""
        return interpolate_column(self.bodies, self.grid.points(box)[2])

    def outline(self, box: Box) -> Outline:
        """The torso at the voxels of a box."""
        return outline(self.torso, self.levels, self.grid.points(box), self.settings.torso)

    def middle(self, level: str) -> Point:
        """The middle (x, y, z) of a level in field coordinates, also of one that is not laid out."""
        z = self.levels.z[level]
        column = interpolate_column(self.bodies, np.full((1, 1, 1), z, dtype=np.float32))
        return np.array([column.x.item(), column.y.item(), z])

    def off_column(self, box: Box) -> Array:
        """Distance of a box's voxels from the surface of the vertebral column in mm (first order), negative inside."""
        x, y, _ = self.grid.points(box)
        column = self.column(box)
        dx, dy = (x - column.x) / column.half_width, (y - column.y) / column.half_depth
        return np.asarray((np.sqrt(dx * dx + dy * dy) - 1) * column.half_depth, dtype=np.float32)

    def around_column(self, beside: float, before: float, behind: float) -> Box:
        """A box of all slices that contains the middles of the bodies with these margins in mm."""
        origins = np.array([body.origin for body in self.bodies])
        lowest, highest = origins.min(axis=0), origins.max(axis=0)
        _, y, x = self.grid.box(lowest - np.array([beside, before, 0.0]), highest + np.array([beside, behind, 0.0]))
        return self.grid.whole[0], y, x
