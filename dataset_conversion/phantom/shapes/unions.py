"""Solids joined smoothly to one, and cavities in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset_conversion.phantom.shapes.beams import smooth_maximum
from dataset_conversion.phantom.shapes.grid import Array, Box, enclosing_box, within
from dataset_conversion.phantom.shapes.plates import FAR

Solid = tuple[Box, Array]
"""A box, and the depth of its voxels below a surface in mm, positive inside."""


def joined(solids: Sequence[Solid], rounding: float) -> Solid:
    """The union of solids, with the edges between them rounded over `rounding` mm."""
    filled = [(box, depth) for box, depth in solids if depth.size]
    if not filled:
        return solids[0]
    whole = enclosing_box([box for box, _ in filled])
    union = np.full([part.stop - part.start for part in whole], FAR, dtype=np.float32)
    for box, depth in filled:
        part = union[within(box, whole)]
        part[...] = smooth_maximum(part, depth, np.float32(rounding))
    return whole, union


def hollowed(solid: Solid, cavity: Solid, gap: float = 0.0) -> Solid:
    """A solid without what lies inside a cavity or less than `gap` mm from it."""
    (box, depth), (other, inside) = solid, cavity
    z, y, x = (slice(max(one.start, two.start), min(one.stop, two.stop)) for one, two in zip(box, other, strict=True))
    common = (z, y, x)
    if any(part.stop <= part.start for part in common):
        return solid
    part = depth[within(common, box)]
    np.minimum(part, -inside[within(common, other)] - np.float32(gap), out=part)
    return solid
