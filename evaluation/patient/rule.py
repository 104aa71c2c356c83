"""The patient-level rule of Nicolaes et al. 2019, section 3.3, as one score per noise threshold.

A patient is positive at a probability threshold p and a noise threshold n if the voxels with a fracture probability of
at least p contain a connected component of at least n voxels. The set of voxels at or above p shrinks as p grows, so a
patient who is positive at p is positive at every lower p. For one n the rule is therefore an ordinary score: the
largest p at which the patient is still positive. It equals the peak of the map after an area opening, which removes all
components smaller than n at any threshold. No second threshold is needed to define a component.

The paper says "counting the total number of fracture voxels". This total can mean the voxels of the largest component,
those of all components of at least n voxels, or all voxels at or above p. The second is at least n exactly if the first
is, because it is 0 without a component of n voxels. That leaves two rules, `count="largest"` and `count="total"`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import FloatArray
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import QUANTISATION_STEPS, dequantise, quantised_threshold
from evaluation.patient.component_tree import peaks_by_component_size
from evaluation.patient.components import label_components, occupied_box, peaks_by_total_size
from evaluation.settings import Connectivity, ScoringSettings


@dataclass(frozen=True)
class Finding:
    """A connected component of voxels above a probability threshold.

    Attributes:
        centre: Mean position (x, y, z) of its voxels, LPS mm.
        voxels: Number of voxels of the map.
        volume_mm3: Volume in mm3.
        peak_probability: Largest probability in it.
    """

    centre: tuple[float, float, float]
    voxels: int
    volume_mm3: float
    peak_probability: float


def patient_scores(probability_map: ProbabilityMap, settings: ScoringSettings) -> FloatArray:
    """The patient's score for each noise threshold.

    Noise thresholds are numbers of voxels of 1 mm3. On another grid they become the nearest number of its voxels with
    the same volume.
    The score is exact for the quantised probabilities.

    Args:
        probability_map: Probability of fracture.
        settings: `noise_thresholds`, `count`, `connectivity` and `probability_floor` are used.

    Returns:
        Shape (noise thresholds,), never ascending: the largest probability threshold at which the patient is positive,
        or 0 if it is below the floor.
    """
    floor = quantised_threshold(settings.probability_floor)
    voxels = [_voxels_of(n, probability_map) for n in settings.noise_thresholds]
    peaks = peaks_by_total_size if settings.count == "total" else peaks_by_component_size
    return peaks(probability_map.quantised, voxels, floor, settings.connectivity) / QUANTISATION_STEPS


@dataclass(frozen=True, eq=False)
class LabelledFindings:
    """The findings in a map, and which voxels belong to each.

    Attributes:
        findings: The most probable first.
        labels: (z, y, x), in a box around all of them: 1 for a voxel of the first finding and so on, 0 for others.
        first: Index (z, y, x) of the box's first voxel in the map.
    """

    findings: tuple[Finding, ...]
    labels: npt.NDArray[np.unsignedinteger]
    first: tuple[int, int, int]


def find_components(
    probability_map: ProbabilityMap, probability_threshold: float, noise_threshold: int, connectivity: Connectivity = 26
) -> list[Finding]:
    """The components that make a patient positive, the most probable first.

    Args:
        probability_map: Probability of fracture.
        probability_threshold: Lowest probability of a voxel.
        noise_threshold: Smallest size of a component, in voxels of 1 mm3.
        connectivity: 6, 18 or 26.
    """
    found, _, _ = _components(probability_map, probability_threshold, noise_threshold, connectivity)
    return [finding for finding, _ in found]


def label_findings(
    probability_map: ProbabilityMap, probability_threshold: float, noise_threshold: int, connectivity: Connectivity = 26
) -> LabelledFindings:
    """As `find_components`, with the voxels of each."""
    found, labels, first = _components(probability_map, probability_threshold, noise_threshold, connectivity)
    numbers = np.zeros(int(labels.max(initial=0)) + 1, np.uint32)
    for number, (_, label) in enumerate(found, start=1):
        numbers[label] = number
    return LabelledFindings(tuple(finding for finding, _ in found), numbers[labels], first)


def _components(
    probability_map: ProbabilityMap, probability_threshold: float, noise_threshold: int, connectivity: Connectivity
) -> tuple[list[tuple[Finding, int]], npt.NDArray[np.unsignedinteger], tuple[int, int, int]]:
    """The findings with their labels, the labels in a box, and the box's first index."""
    quantised = probability_map.quantised
    chosen = quantised >= quantised_threshold(probability_threshold)
    box = occupied_box(chosen)
    if box is None:
        return [], np.zeros((0, 0, 0), np.uint32), (0, 0, 0)
    chosen = np.ascontiguousarray(chosen[box])
    labels = label_components(chosen, connectivity)
    z, y, x = (side.start for side in box)
    statistics = cc3d.statistics(labels)
    sizes = statistics["voxel_counts"][1:]
    kept = np.flatnonzero(sizes >= _voxels_of(noise_threshold, probability_map)) + 1
    if not kept.size:
        return [], labels, (z, y, x)
    peaks = np.zeros(len(sizes) + 1, quantised.dtype)
    np.maximum.at(peaks, labels[chosen], quantised[box][chosen])
    centres = probability_map.index_to_world(statistics["centroids"][kept] + (z, y, x))
    findings = [
        Finding(
            centre=(float(x), float(y), float(z)),
            voxels=int(size),
            volume_mm3=float(size * probability_map.voxel_volume),
            peak_probability=float(peak),
        )
        for (x, y, z), size, peak in zip(centres, sizes[kept - 1], dequantise(peaks[kept]), strict=True)
    ]
    found = zip(findings, kept.tolist(), strict=True)
    return sorted(found, key=_by_probability), labels, (z, y, x)


def _by_probability(found: tuple[Finding, int]) -> tuple[float, int, tuple[float, float, float]]:
    finding, _ = found
    return -finding.peak_probability, -finding.voxels, finding.centre


def _voxels_of(noise_threshold: int, probability_map: ProbabilityMap) -> int:
    return max(1, round(noise_threshold / probability_map.voxel_volume))
