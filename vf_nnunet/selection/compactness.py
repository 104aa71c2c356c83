"""Compactness of predicted components: vertebral bodies are compact, errors of a model often are not."""

from collections.abc import Sequence
from math import pi
from typing import Any

import cc3d
import numpy as np
import numpy.typing as npt

from evaluation.patient.components import label_components
from evaluation.settings import Connectivity

LEAST_VOLUME_MM3 = 100.0
"""Smaller components have too few voxels for a surface and are left out. A vertebral body has 10,000 to 60,000 mm3."""
CONNECTIVITY: Connectivity = 26


def component_compactness(mask: npt.NDArray[np.bool_], spacing: Sequence[float]) -> list[float]:
    """Isoperimetric quotient of each component of a mask that is large enough.

    Args:
        mask: Voxels (z, y, x).
        spacing: Spacing (z, y, x) in mm.
    """
    components = label_components(mask, CONNECTIVITY)
    statistics = cc3d.statistics(components)
    least_voxels = LEAST_VOLUME_MM3 / float(np.prod(spacing))
    return [
        isoperimetric_quotient(components[box] == component, spacing)
        for component, (box, voxels) in enumerate(
            zip(statistics["bounding_boxes"], statistics["voxel_counts"], strict=True)
        )
        if component > 0 and voxels >= least_voxels
    ]


def isoperimetric_quotient(mask: npt.NDArray[np.bool_], spacing: Sequence[float]) -> float:
    """36 pi V^2 / A^3 of the marching-cubes surface: 1 for a ball, less for any other shape.

    Volume and area belong to the same surface, so that the isoperimetric inequality holds exactly. Steps of a coarse
    grid add area, so the quotient compares models on the same cases, not cohorts.

    Args:
        mask: Voxels (z, y, x), not all unset.
        spacing: Spacing (z, y, x) in mm.
    """
    from skimage.measure import marching_cubes, mesh_surface_area

    vertices, faces, _, _ = marching_cubes(np.pad(mask, 1).astype(np.float32), level=0.5, spacing=tuple(spacing))
    area = float(mesh_surface_area(vertices, faces))
    return 36 * pi * _enclosed_volume(vertices, faces) ** 2 / area**3


def _enclosed_volume(vertices: npt.NDArray[Any], faces: npt.NDArray[Any]) -> float:
    """Sum of the signed volumes of the tetrahedra between the origin and each triangle (divergence theorem)."""
    first, second, third = np.moveaxis(vertices[faces].astype(np.float64), 1, 0)
    return abs(float(np.einsum("ij,ij->", first, np.cross(second, third)))) / 6
