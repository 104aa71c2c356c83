"""Position of every level along the z axis, for structures that are placed by level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.levels import PHANTOM_LEVELS, Profile
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.spine.anatomy import expected_spacing


@dataclass(frozen=True)
class LevelPositions:
    """The z of each level's middle in field coordinates; extrapolated for levels that are not laid out."""

    z: dict[str, float]

    @classmethod
    def of(cls, bodies: Sequence[Body]) -> LevelPositions:
        """The positions of the levels of a spine."""
        laid_out = {body.level: float(body.origin[2]) for body in bodies}
        first, last = bodies[0], bodies[-1]
        for level in PHANTOM_LEVELS:
            if level in laid_out:
                continue
            if PHANTOM_LEVELS.index(level) < PHANTOM_LEVELS.index(first.level):
                laid_out[level] = float(first.origin[2]) + expected_spacing(level, first.level)
            else:
                laid_out[level] = float(last.origin[2]) - expected_spacing(last.level, level)
        return cls(laid_out)

    def profile(self, values: Profile, z: Array) -> Array:
        """Interpolate a profile to field coordinates `z`; the result has the same shape."""
        from_below = values[::-1]
        known = [self.z[level] for level, _ in from_below]
        return np.asarray(np.interp(z, known, [value for _, value in from_below]), dtype=np.float32)
