"""Local frames of vertebrae along a curved spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Point = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """A right-handed orthonormal frame: unit vectors (x, y, z) in LPS to the left, to posterior and up the spine."""

    left: Point
    posterior: Point
    up: Point

    def to_world(self, u: float, v: float, w: float) -> Point:
        """The offset (x, y, z) of the local point (u, v, w)."""
        return np.asarray(u * self.left + v * self.posterior + w * self.up, dtype=np.float64)


def frame_from_angles(sagittal: float, coronal: float, axial: float) -> Frame:
    """Make a frame from angles in degrees.

    Args:
        sagittal: Backward lean of `up`.
        coronal: Lean of `up` to the left.
        axial: Rotation about `up`.
    """
    lean = np.tan(np.radians([coronal, sagittal]))
    up = np.array([lean[0], lean[1], 1.0])
    up /= np.linalg.norm(up)
    posterior = np.array([-np.sin(np.radians(axial)), np.cos(np.radians(axial)), 0.0])
    posterior -= up * (posterior @ up)
    posterior /= np.linalg.norm(posterior)
    return Frame(left=np.cross(posterior, up), posterior=posterior, up=up)
