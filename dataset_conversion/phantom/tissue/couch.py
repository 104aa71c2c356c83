"""The couch that the patient lies on: a mattress on a curved shell."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.shapes.grid import Array, Box
from dataset_conversion.phantom.shapes.painting import blend, coverage


def paint_couch(volume: Array, phantom: Phantom, box: Box, pad: float) -> None:
    """Paint the part of the couch in a box. The mattress is `pad` mm thick below the patient's back."""
    settings, edge = phantom.settings.torso, phantom.grid.edge
    x, y, _ = phantom.grid.points(box)
    if float(y.max()) < phantom.torso.back:
        return
    side = x - np.float32(phantom.torso.x)
    hollow = side * side / (2 * settings.couch_radius)
    below_back = y - np.float32(phantom.torso.back) + hollow
    inward = settings.couch_half_width - np.abs(side)
    thickness = settings.couch_depth * np.sqrt(np.clip(inward / settings.couch_half_width, 0, 1))
    shell = np.minimum(np.minimum(below_back - pad, pad + thickness - below_back), inward)
    mattress = np.minimum(np.minimum(below_back, pad - below_back), inward)
    blend(volume, box, coverage(mattress, edge), settings.pad_density)
    blend(volume, box, coverage(shell, edge), settings.couch_density)
    blend(volume, box, coverage(shell - np.float32(settings.couch_skin), edge), settings.couch_core)
