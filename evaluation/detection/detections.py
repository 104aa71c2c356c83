"""What a map shows without being told where the vertebrae are, set against the fractured ones.

A finding is a connected component of voxels of at least `finding_threshold`, of at least `finding_noise_threshold` mm3;
its score is its peak probability. It lies at a fractured vertebra when its centre is within `hit_radius` of the
centroid or, where label images are given, in the vertebra's ellipsoid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, is_inside, world_to_index
from dataset_conversion.spine.labels import FRACTURE
from dataset_conversion.spine.vertebra_table import Vertebra, is_fracture
from evaluation.cohort.assembly import Case
from evaluation.cohort.images import read_map
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
        score: (findings,), peak probability, falling.
        hit: (findings,), whether each is the one finding of a fractured vertebra; any other is a false positive.
        fractures: Number of fractured vertebrae.
        border_distance: (graded vertebrae,), mm from each centroid to the map's upper or lower border.
    """

    case_id: str
    score: FloatArray
    hit: BoolArray
    fractures: int
    border_distance: FloatArray


def detect(
    cases: Sequence[Case], settings: ScoringSettings, labels: Mapping[str, NiftiFile], label: int = FRACTURE
) -> list[CaseDetections]:
    """Take every case's findings.

    Args:
        cases: The cohort's.
        settings: `finding_threshold`, `finding_noise_threshold`, `connectivity`, `hit_radius` and `fracture_grade`.
        labels: Each case's label image, or none at all.
        label: The number of the fracture class in them.

    Raises:
        InputError: All maps and label images at once that cannot be read whole.
    """
    detections: list[CaseDetections] = []
    problems: list[str] = []
    for case in tqdm(cases, desc="findings", unit="case", disable=None):
        try:
            detections.append(_detect_case(case, settings, labels.get(case.source.case_id), label))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return detections


def distance_to_border(probability_map: ProbabilityMap, vertebrae: Sequence[Vertebra]) -> FloatArray:
    """Distance (vertebrae,) in mm along the longitudinal axis from each centroid to the nearer end of the map."""
    # The array's axis that runs most along the body, whatever the orientation in which the map is stored.
    axis = int(np.argmax(np.abs(probability_map.affine[2, :3][::-1]) / probability_map.spacing))
    position = probability_map.world_to_index([vertebra.centroid for vertebra in vertebrae])[:, axis] + 0.5
    voxels = np.minimum(position, probability_map.shape[axis] - position)
    millimetres: FloatArray = voxels * probability_map.spacing[axis]
    return millimetres


def _detect_case(case: Case, settings: ScoringSettings, labels: NiftiFile | None, label: int) -> CaseDetections:
    probability_map = read_map(case)
    found = find_components(
        probability_map, settings.finding_threshold, settings.finding_noise_threshold, settings.connectivity
    )
    fractured = [vertebra for vertebra in case.vertebrae if is_fracture(vertebra.grade, settings.fracture_grade)]
    apart = distances(found, [vertebra.centroid for vertebra in fractured])
    reach = apart <= settings.hit_radius
    if labels is not None and fractured:
        # Ellipsoids carry no level; each belongs to the nearest fractured centroid.
        owner = np.eye(len(fractured), dtype=bool)[apart.argmin(axis=1)]
        reach |= owner & _in_ellipsoid(labels, found, label)[:, None]
    hit = first_hits(reach)
    # Nobody knows whether an ungraded vertebra is fractured: a finding there is neither hit nor false positive.
    at_ungraded = distances(found, [vertebra.centroid for vertebra in case.ungraded]) <= settings.hit_radius
    counted = hit | ~at_ungraded.any(axis=1)
    return CaseDetections(
        case_id=case.source.case_id,
        score=np.array([finding.peak_probability for finding in found])[counted],
        hit=hit[counted],
        fractures=len(fractured),
        border_distance=distance_to_border(probability_map, case.vertebrae),
    )


def _in_ellipsoid(nifti: NiftiFile, findings: Sequence[Finding], label: int) -> npt.NDArray[np.bool_]:
    """Whether the centre of each finding (findings,) lies in a voxel of the fracture label."""
    labels = nifti.read()
    index = world_to_index(nifti.affine, np.array([finding.centre for finding in findings]).reshape(-1, 3))
    nearest = np.clip(np.rint(index), 0, np.array(labels.shape) - 1).astype(int)
    within: npt.NDArray[np.bool_] = is_inside(labels.shape, index) & (labels[tuple(nearest.T)] == label)
    return within
