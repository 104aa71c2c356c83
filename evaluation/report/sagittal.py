"""Sagittal view of a spine: CT and fracture probability on one curved plane through the centroids.

The plane follows the spine sideways, so that a scoliotic spine stays in view. CT and map are each sampled on their own
grid by world coordinates; neither is resampled onto the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.curved_plane import curved_plane, sample
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import dequantise


@dataclass(frozen=True)
class SagittalPlane:
    """The part of the plane that is shown.

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
        vertebrae: The annotated vertebrae.
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
    """Sample the plane linearly. It passes through the centroids and continues straight beyond the last ones.

    Args:
        ct: The CT. Without one, the Hounsfield units are NaN.
        probability_map: The map.
        vertebrae: Vertebrae of the case.
        plane: The part of the plane to show.

    Raises:
        InputError: If the CT is truncated or damaged.
    """
    centroids = np.array([vertebra.centroid for vertebra in vertebrae])
    curved = curved_plane(centroids, "sagittal", (plane.anterior, plane.posterior), plane.longitudinal, plane.step)
    nowhere = np.full(curved.points.shape[:2], np.nan)
    return SagittalView(
        hounsfield=nowhere if ct is None else sample(ct.read(), ct.affine, curved.points, outside=np.nan),
        probability=dequantise(sample(probability_map.quantised, probability_map.affine, curved.points, outside=0.0)),
        vertebrae=tuple(vertebrae),
        marks=curved.marks,
    )
