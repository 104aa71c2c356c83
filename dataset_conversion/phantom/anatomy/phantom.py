"""A patient in a field: what every painter of tissue needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dataset_conversion.phantom.anatomy.level_positions import LevelHeights
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.anatomy.torso import Outline, Torso, outline
from dataset_conversion.phantom.anatomy.vertebral_column import Column, column_of
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid


@dataclass(frozen=True)
class Scene:
    """A patient's bones and outline on a grid; `enhanced` with contrast medium."""

    grid: Grid
    bodies: list[Body]
    torso: Torso
    enhanced: bool
    settings: PhantomSettings

    @cached_property
    def heights(self) -> LevelHeights:
        """Where the levels stand."""
        return LevelHeights.of(self.bodies)

    def column(self, box: Box) -> Column:
        """The spine in a box's slices."""
        return column_of(self.bodies, self.grid.points(box)[2])

    def outline(self, box: Box) -> Outline:
        """The torso at a box's voxels."""
        return outline(self.torso, self.heights, self.grid.points(box), self.settings.torso)

    def middle(self, level: str) -> Point:
        """Field place (x, y, z) of a level's middle, also of one that is not laid out."""
        z = self.heights.z[level]
        column = column_of(self.bodies, np.full((1, 1, 1), z, dtype=np.float32))
        return np.array([column.x.item(), column.y.item(), z])

    def off_column(self, box: Box) -> Array:
        """Distance in mm of a box's voxels to the column of vertebral bodies (first order)."""
        x, y, _ = self.grid.points(box)
        column = self.column(box)
        dx, dy = (x - column.x) / column.half_width, (y - column.y) / column.half_depth
        return np.asarray((np.sqrt(dx * dx + dy * dy) - 1) * column.half_depth, dtype=np.float32)

    def around_column(self, beside: float, before: float, behind: float) -> Box:
        """All slices of the voxels that lie within these distances (mm) of the line of the bodies' middles."""
        origins = np.array([body.origin for body in self.bodies])
        lowest, highest = origins.min(axis=0), origins.max(axis=0)
        _, y, x = self.grid.box(lowest - np.array([beside, before, 0.0]), highest + np.array([beside, behind, 0.0]))
        return self.grid.whole[0], y, x
