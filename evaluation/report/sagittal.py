"""A sagittal view of a spine: CT and fracture probability on one curved plane through the centroids.

The plane follows the spine sideways, so that a scoliotic spine stays in view. CT and map are each sampled in their own
grid through world coordinates; neither is resampled onto the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.maps.geometry import FloatArray, world_to_index
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap


@dataclass(frozen=True)
class SagittalPlane:
    """What part of the plane is shown.

    Attributes:
        step: Distance between samples in mm.
        anterior: Margin in front of the foremost centroid in mm.
        posterior: Margin behind the rearmost centroid in mm, enough for the spinous processes.
        longitudinal: Margin above and below the outermost centroids in mm.
    """

    step: float = 1.0
    anterior: float = 40.0
    posterior: float = 60.0
    longitudinal: float = 30.0


@dataclass(frozen=True)
class SagittalView:
    """CT and probability on the plane; the first row is the top, the first column the front.

    Attributes:
        hounsfield: (rows, columns), NaN outside the CT.
        probability: (rows, columns), 0 outside the map.
        vertebrae: What is annotated.
        marks: (vertebrae, 2), row and column of each centroid.
    """

    hounsfield: FloatArray
    probability: FloatArray
    vertebrae: tuple[Vertebra, ...]
    marks: FloatArray


def sagittal_view(
    ct: NiftiFile | None,
    probability_map: ProbabilityMap,
    vertebrae: Sequence[Vertebra],
    plane: SagittalPlane = SagittalPlane(),
) -> SagittalView:
    """Sample the plane linearly; left-right it passes through the centroids, and straight on beyond the last ones.

    Without a CT its values are NaN.

    Raises:
        EvaluationError: When the CT is truncated or damaged.
    """
    x, y, z = np.array([vertebra.centroid for vertebra in vertebrae]).T
    columns = np.arange(y.min() - plane.anterior, y.max() + plane.posterior, plane.step)
    rows = np.arange(z.max() + plane.longitudinal, z.min() - plane.longitudinal, -plane.step)
    upwards = np.argsort(z)
    lateral = np.interp(rows, z[upwards], x[upwards])
    world = np.stack(np.broadcast_arrays(lateral[:, None], columns[None, :], rows[:, None]), axis=-1)
    nowhere = np.full(world.shape[:2], np.nan)
    return SagittalView(
        hounsfield=nowhere if ct is None else _sample(ct.read(), ct.affine, world, outside=np.nan),
        probability=_sample(probability_map.probability, probability_map.affine, world, outside=0.0),
        vertebrae=tuple(vertebrae),
        marks=np.column_stack([(rows[0] - z) / plane.step, (y - columns[0]) / plane.step]),
    )


def _sample(voxels: FloatArray, affine: FloatArray, world: FloatArray, outside: float) -> FloatArray:
    index = world_to_index(affine, world.reshape(-1, 3))
    values = ndimage.map_coordinates(voxels, index.T, order=1, mode="constant", cval=outside)
    sampled: FloatArray = values.reshape(world.shape[:2])
    return sampled
