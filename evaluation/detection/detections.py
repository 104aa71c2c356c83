"""Findings in a map, without given centroids, matched with the fractured vertebrae.

A finding is a connected component of voxels with a probability of at least `finding_threshold` and a volume of at least
`finding_noise_threshold` mm3. Its score is its peak probability. It can hit a fractured vertebra if its centre is
within `hit_radius` of the centroid or, if label images are given, inside the vertebra's ellipsoid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import FloatArray, is_inside, world_to_index
from dataset_conversion.spine.vertebra_table import Vertebra, is_fracture
from evaluation.cohort.cases import Case
from evaluation.detection.matching import distances, first_hits
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import Finding, find_components
from evaluation.settings import ScoringSettings
from evaluation.statistics.roc import BoolArray


@dataclass(frozen=True)
class CaseDetections:
    """The findings of one case.

    Attributes:
        case_id: The case.
        score: (findings,), peak probability, descending.
        hit: (findings,), whether each hits a fractured vertebra; all others are false positives.
        fractures: Number of fractured vertebrae.
        border_distance: (graded vertebrae,), mm from each centroid to the map's upper or lower border.
    """

    case_id: str
    score: FloatArray
    hit: BoolArray
    fractures: int
    border_distance: FloatArray


def detect_case(
    case: Case,
    probability_map: ProbabilityMap,
    settings: ScoringSettings,
    labels: NiftiFile | None,
    fractures: tuple[int, ...],
) -> CaseDetections:
    """Collect the findings of a case and match them with its fractures.

    Args:
        case: The case.
        probability_map: Map of the case.
        settings: `finding_threshold`, `finding_noise_threshold`, `connectivity`, `hit_radius` and `fracture_grade`.
        labels: Label image of the case, if there is one.
        fractures: Values of the classes of fractures in the label image.

    Raises:
        InputError: If the label image cannot be read completely.
    """
    found = find_components(
        probability_map, settings.finding_threshold, settings.finding_noise_threshold, settings.connectivity
    )
    fractured = [vertebra for vertebra in case.vertebrae if is_fracture(vertebra.grade, settings.fracture_grade)]
    apart = distances(found, [vertebra.centroid for vertebra in fractured])
    reach = apart <= settings.hit_radius
    if labels is not None and fractured:
        # Ellipsoids do not name their level; each belongs to the nearest fractured centroid.
        owner = np.eye(len(fractured), dtype=bool)[apart.argmin(axis=1)]
        reach |= owner & _in_ellipsoid(labels, found, fractures)[:, None]
    hit = first_hits(reach)
    # Whether an ungraded vertebra is fractured is unknown: a finding there is neither a hit nor a false positive.
    at_ungraded = distances(found, [vertebra.centroid for vertebra in case.ungraded]) <= settings.hit_radius
    counted = hit | ~at_ungraded.any(axis=1)
    return CaseDetections(
        case_id=case.source.case_id,
        score=np.array([finding.peak_probability for finding in found])[counted],
        hit=hit[counted],
        fractures=len(fractured),
        border_distance=distance_to_border(probability_map, case.vertebrae),
    )


def distance_to_border(probability_map: ProbabilityMap, vertebrae: Sequence[Vertebra]) -> FloatArray:
    """Distance (vertebrae,) in mm along the longitudinal axis from each centroid to the nearer end of the map."""
    # The array axis closest to the body's long axis, in any stored orientation.
    axis = int(np.argmax(np.abs(probability_map.affine[2, :3][::-1]) / probability_map.spacing))
    position = probability_map.world_to_index([vertebra.centroid for vertebra in vertebrae])[:, axis] + 0.5
    voxels = np.minimum(position, probability_map.shape[axis] - position)
    millimetres: FloatArray = voxels * probability_map.spacing[axis]
    return millimetres


def _in_ellipsoid(nifti: NiftiFile, findings: Sequence[Finding], fractures: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Whether the centre of each finding (findings,) lies in a voxel of a fracture."""
    labels = nifti.read()
    index = world_to_index(nifti.affine, np.array([finding.centre for finding in findings]).reshape(-1, 3))
    nearest = np.clip(np.rint(index), 0, np.array(labels.shape) - 1).astype(int)
    within: npt.NDArray[np.bool_] = is_inside(labels.shape, index) & np.isin(labels[tuple(nearest.T)], fractures)
    return within
