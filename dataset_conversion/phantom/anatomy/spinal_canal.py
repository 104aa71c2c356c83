"""Painting the spinal canal."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.painting import blend, coverage

_BESIDE, _BEHIND = 30.0, 65.0  # mm from the middles of the bodies, which contains every canal
_BELOW_S2 = 12.0  # mm below the middle of S2 at which the canal is too narrow to be seen


def paint_canal(volume: Array, rng: np.random.Generator, phantom: Phantom) -> None:
    """Paint the thecal sac and the epidural fat around it."""
    settings, edge = phantom.settings.tissue, phantom.grid.edge
    fat, sac = rng.uniform(*settings.fat), rng.uniform(*settings.thecal_sac)
    for box in phantom.grid.slabs(box=phantom.around_column(beside=_BESIDE, before=0.0, behind=_BEHIND)):
        x, y, _ = phantom.grid.points(box)
        column = phantom.column(box)
        centre_x, centre_y = canal_centre(phantom, box)
        dx, dy = x - centre_x, y - centre_y
        radius = np.sqrt((dx / column.canal_half_width) ** 2 + (dy / column.canal_half_depth) ** 2)
        depth = (1 - radius) * column.canal_half_depth
        if phantom.settings.pelvic_bones is not None:
            depth = np.minimum(depth, phantom.grid.points(box)[2] - np.float32(phantom.levels.z["S2"] - _BELOW_S2))
        blend(volume, box, coverage(depth, edge), fat)
        blend(volume, box, coverage(depth - np.float32(settings.epidural_fat), edge), sac)


def canal_centre(phantom: Phantom, box: Box) -> tuple[Array, Array]:
    """The x and y (nz, 1, 1) of the middle of the canal in the slices of a box.

    In spines that are laid out by measured steps, it follows the turn of each vertebra.
    """
    column, settings = phantom.column(box), phantom.settings
    if settings.spine.measured is None:
        return column.x, column.y + column.half_depth + column.canal_half_depth + settings.tissue.canal_gap
    z = phantom.grid.points(box)[2]
    centres = np.array([body.canal_centre for body in phantom.bodies[::-1]])
    x, y = (np.interp(z, centres[:, 2], places) for places in centres.T[:2])
    return np.asarray(x, dtype=np.float32), np.asarray(y + settings.tissue.canal_gap, dtype=np.float32)
