"""The oesophagus in front of the spine, with air or contrast medium where it is open."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.thorax import ThoraxSettings
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import Rod, union_depth
from dataset_conversion.phantom.thorax.mediastinum import Mediastinum

_PIECE = 12.0  # mm of its length that are open or shut


def paint_oesophagus(
    volume: Array, rng: np.random.Generator, phantom: Phantom, place: Mediastinum, settings: ThoraxSettings
) -> None:
    """Paint the oesophagus: a muscular tube, open in some of its pieces."""
    radius, wall = rng.uniform(*settings.oesophagus_radius), rng.uniform(*settings.oesophagus_wall)
    density, is_open = rng.uniform(*settings.oesophagus_density), rng.uniform(*settings.oesophagus_open)
    air = rng.random() < settings.oesophagus_air_chance
    content = phantom.settings.tissue.air if air else rng.uniform(*settings.oesophagus_content)
    points = [place.at(point) + rng.uniform(*settings.sides, size=3) for point in settings.oesophagus]
    for start, end in pairwise(points):
        count = max(int(np.linalg.norm(end - start) / _PIECE), 1)
        for first, last in pairwise(np.linspace(start, end, count + 1)):
            box, depth = union_depth(phantom.grid, [Rod(first, last, radius)])
            blend(volume, box, coverage(depth, phantom.grid.edge), density)
            lumen = max(radius - wall, 1.0) * rng.random()
            if rng.random() < is_open:
                box, depth = union_depth(phantom.grid, [Rod(first, last, lumen)])
                blend(volume, box, coverage(depth, phantom.grid.edge), content)
