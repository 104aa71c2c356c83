"""The patient's score and findings from a probability map of fracture."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from dataset_conversion.spine.geometry import index_to_world
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import QuantisedArray, quantised_threshold
from evaluation.patient.rule import Finding, find_components, patient_scores
from evaluation.settings import ScoringSettings
from vf_nnunet.inference.probability_grid import ProbabilityGrid, occupied_bounds
from vf_nnunet.screening.operating_point import OperatingPoint


def relevant_region(quantised: QuantisedArray, grid: ProbabilityGrid, point: OperatingPoint) -> ProbabilityMap:
    """Crop the map to the voxels that the score and the findings depend on, which saves memory and time.

    Args:
        quantised: Probability of fracture (z, y, x) on the network's grid.
        grid: The network's grid.
        point: Thresholds of a finding.

    Returns:
        A map of at least one voxel.
    """
    lowest = min(point.probability_threshold, ScoringSettings().probability_floor)
    bounds = occupied_bounds(quantised >= quantised_threshold(lowest))
    z, y, x = (slice(start, max(stop, 1)) for start, stop in bounds)
    first = [start + before for (start, _), (before, _) in zip(bounds, grid.padding, strict=True)]
    affine = grid.affine.copy()
    affine[:3, 3] = index_to_world(grid.affine, first)[0]
    # Copied, so that the whole map can be freed.
    return ProbabilityMap(quantised[z, y, x].copy(), affine)


def find_fractures(probability_map: ProbabilityMap, point: OperatingPoint) -> list[Finding]:
    """The components that make the patient positive, beginning with the most probable one."""
    connectivity = ScoringSettings().connectivity
    return find_components(probability_map, point.probability_threshold, point.noise_threshold_voxels, connectivity)


def patient_result(probability_map: ProbabilityMap, findings: list[Finding], point: OperatingPoint) -> dict[str, Any]:
    """The patient's part of `<case>.json`.

    The score is that of the evaluation: the largest probability threshold at which a component of the operating
    point's size remains.
    """
    family = (point.noise_threshold_voxels,)
    settings = ScoringSettings(noise_thresholds=family, reference_noise_threshold=point.noise_threshold_voxels)
    return {
        "score": float(patient_scores(probability_map, settings)[0]),
        "positive": bool(findings),
        "findings": [
            {
                "centre_lps_mm": [round(coordinate, 1) for coordinate in finding.centre],
                "volume_mm3": round(finding.volume_mm3, 1),
                "peak_probability": round(finding.peak_probability, 4),
            }
            for finding in findings
        ],
        "operating_point": {**point.to_json(), "connectivity": settings.connectivity},
    }


def without_paths(warnings: Sequence[str], image: str | None) -> list[str]:
    """The warnings of a result without the file that each is about, whose path can tell a name.

    Args:
        warnings: Sentences that can begin with a path and a colon.
        image: The name of the CT; None if it is not known.
    """
    return [_without_path(warning, image) for warning in warnings]


def _without_path(warning: str, image: str | None) -> str:
    path, _, text = warning.partition(": ")
    is_path = "/" in path or "\\" in path or (image is not None and PurePath(path).name == image)
    return text if is_path and text else warning
