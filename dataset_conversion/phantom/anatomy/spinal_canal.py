"""Painting the spinal canal."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.painting import blend, coverage

_BESIDE, _BEHIND = 30.0, 65.0  # mm from the middles of the bodies, which contains every canal


def paint_canal(volume: Array, rng: np.random.Generator, phantom: Phantom) -> None:
    """Paint the thecal sac and the epidural fat around it."""
    settings, edge = phantom.settings.tissue, phantom.grid.edge
    fat, sac = rng.uniform(*settings.fat), rng.uniform(*settings.thecal_sac)
    for box in phantom.grid.slabs(box=phantom.around_column(beside=_BESIDE, before=0.0, behind=_BEHIND)):
        x, y, _ = phantom.grid.points(box)
        column = phantom.column(box)
        centre = column.y + column.half_depth + column.canal_half_depth + settings.canal_gap
        dx, dy = x - column.x, y - centre
        radius = np.sqrt((dx / column.canal_half_width) ** 2 + (dy / column.canal_half_depth) ** 2)
        depth = (1 - radius) * column.canal_half_depth
        blend(volume, box, coverage(depth, edge), fat)
        blend(volume, box, coverage(depth - np.float32(settings.epidural_fat), edge), sac)
