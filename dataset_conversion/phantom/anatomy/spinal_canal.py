"""The spinal canal."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Scene
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.painting import blend, coverage

_BESIDE, _BEHIND = 30.0, 65.0  # mm; no canal lies further from its body's middle


def paint_canal(volume: Array, rng: np.random.Generator, scene: Scene) -> None:
    """Thecal sac in a sleeve of epidural fat."""
    settings, edge = scene.settings.tissue, scene.grid.edge
    fat, sac = rng.uniform(*settings.fat), rng.uniform(*settings.thecal_sac)
    for box in scene.grid.slabs(box=scene.around_column(beside=_BESIDE, before=0.0, behind=_BEHIND)):
        x, y, _ = scene.grid.points(box)
        column = scene.column(box)
        centre = column.y + column.half_depth + column.canal_half_depth + settings.canal_gap
        dx, dy = x - column.x, y - centre
        radius = np.sqrt((dx / column.canal_half_width) ** 2 + (dy / column.canal_half_depth) ** 2)
        depth = (1 - radius) * column.canal_half_depth
        blend(volume, box, coverage(depth, edge), fat)
        blend(volume, box, coverage(depth - np.float32(settings.epidural_fat), edge), sac)
