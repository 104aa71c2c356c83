"""The spine seen slice by slice, for what runs along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.posterior_elements import canal_size
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.shapes.grid import Array


@dataclass(frozen=True)
class Column:
    """Arrays (nz, 1, 1) in mm of the bodies' middle and half sizes and of the canal.

    Depths are those in the slice, longer than the body's own where it leans.
    """

    x: Array
    y: Array
    half_width: Array
    half_depth: Array
    canal_half_width: Array
    canal_half_depth: Array


def column_of(bodies: Sequence[Body], z: Array) -> Column:
    """Interpolate the bodies' places and unfractured sizes to field heights `z` (nz, 1, 1) in mm."""
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
