"""The vertebral column in each slice, for structures that run along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.shapes.grid import Array


@dataclass(frozen=True)
class Column:
    """Centre and half sizes of the vertebral bodies, and half sizes of the canal, in each slice.

    All are arrays (nz, 1, 1) in mm. Depths are measured in the slice, and so exceed those of a body that leans.
    """

    x: Array
    y: Array
    half_width: Array
    half_depth: Array
    canal_half_width: Array
    canal_half_depth: Array


def interpolate_column(bodies: Sequence[Body], z: Array) -> Column:
    """Interpolate positions and sizes of the bodies before any fracture to field coordinates `z` (nz, 1, 1)."""
    from_below = bodies[::-1]
    known = [body.origin[2] for body in from_below]

    def at_slices(values: list[float]) -> Array:
        return np.asarray(np.interp(z, known, values), dtype=np.float32)

    return Column(
        x=at_slices([body.origin[0] for body in from_below]),
        y=at_slices([body.origin[1] for body in from_below]),
        half_width=at_slices([body.normal.half_width for body in from_below]),
        half_depth=at_slices([body.normal.half_depth / body.frame.posterior[1] for body in from_below]),
        canal_half_width=at_slices([canal_size(body.level)[0] / 2 for body in from_below]),
        canal_half_depth=at_slices([canal_size(body.level)[1] / body.frame.posterior[1] / 2 for body in from_below]),
    )
