"""Places in the chest, as shares of the way from the spine to the sternum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.vertebral_column import interpolate_column
from dataset_conversion.phantom.settings.thorax import Place
from dataset_conversion.phantom.shapes.frames import Point

_STERNUM = 12.0  # mm of the sternum and what lies behind it
_LEAST = 40.0  # mm from the spine to the sternum in the thinnest patient


@dataclass(frozen=True)
class Mediastinum:
    """Where the organs of the chest lie.

    Attributes:
        phantom: The phantom.
        lift: How much higher they lie than their levels say, in mm.
    """

    phantom: Phantom
    lift: float

    def at(self, place: Place) -> Point:
        """A place (x, y, z) in field coordinates."""
        level, left, front, up = place
        z = self.phantom.levels.z[level]
        column = interpolate_column(self.phantom.bodies, np.full((1, 1, 1), z, dtype=np.float32))
        anterior = column.y.item() - column.half_depth.item()
        return np.array([column.x.item() + left, anterior - front * self._reach(z, anterior), z + up + self.lift])

    def _reach(self, z: float, anterior: float) -> float:
        """Distance from the anterior wall of the bodies to the sternum in mm."""
        torso, settings = self.phantom.torso, self.phantom.settings.torso
        at = np.array([z], dtype=np.float32)
        depth, fat = (
            float(self.phantom.levels.profile(profile, at)[0])
            for profile in (settings.depth_profile, settings.subcutaneous_profile)
        )
        skin = float(torso.back_at(z)) - 2 * depth * torso.half_depth
        inset = fat * torso.subcutaneous * (1 + settings.subcutaneous_front) + torso.wall + _STERNUM
        return max(anterior - skin - inset, _LEAST)
