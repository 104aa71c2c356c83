"""The steps of a chain: distance, tilt and lateral angle from each centre to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray

_LEAST_COSINE = 1e-6


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps between successive centres.

    Attributes:
        log_spacing: (n - 1,) logarithm of the distance in mm.
        tilt: (n - 1,) angle in the sagittal plane to the longitudinal axis, in radians, positive towards posterior.
        lateral: (n - 1,) angle out of the sagittal plane, in radians.
    """

    log_spacing: FloatArray
    tilt: FloatArray
    lateral: FloatArray

    @classmethod
    def of(cls, centres: FloatArray) -> Steps:
        """The steps of centres (n, 3) in LPS mm, from the top down."""
        x, y, z = np.diff(centres, axis=0).T
        spacing = np.sqrt(x**2 + y**2 + z**2)
        return cls(np.log(spacing), np.arctan2(y, -z), np.arcsin(x / spacing))

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume element in mm3 of all steps: a density of steps over it is one of centres."""
        cosine = np.maximum(np.cos(self.lateral), _LEAST_COSINE)
        return float(np.sum(3 * self.log_spacing + np.log(cosine)))
