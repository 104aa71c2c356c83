"""What a probability map of fracture says about the patient."""

from typing import Any

from evaluation.patient_level import Finding, find_components, patient_scores
from evaluation.probability_map import HALF_LEVEL, ProbabilityMap
from evaluation.settings import EvaluationSettings
from vf_nnunet.inference.bounds import occupied_bounds
from vf_nnunet.screening.operating_point import OperatingPoint


def find_fractures(probability_map: ProbabilityMap, point: OperatingPoint) -> list[Finding]:
    """The components that make the patient positive, the most probable first."""
    suspicious = _box(probability_map, point.probability_threshold)
    if suspicious is None:
        return []
    connectivity = EvaluationSettings().connectivity
    return find_components(suspicious, point.probability_threshold, point.noise_threshold_voxels, connectivity)


def _box(probability_map: ProbabilityMap, probability_threshold: float) -> ProbabilityMap | None:
    """The part of the map around all that can belong to a component, for speed; None where there is nothing."""
    # Half a level below, since components are counted among the stored levels.
    chosen = probability_map.probability >= probability_threshold - HALF_LEVEL
    bounds = occupied_bounds(chosen)
    if (0, 0) in bounds:
        return None
    z, y, x = (slice(start, stop) for start, stop in bounds)
    affine = probability_map.affine.copy()
    affine[:3, 3] = probability_map.index_to_world([z.start, y.start, x.start])[0]
    return ProbabilityMap(probability_map.probability[z, y, x], affine)


def patient_result(probability_map: ProbabilityMap, findings: list[Finding], point: OperatingPoint) -> dict[str, Any]:
    """The patient's part of `<case>.json`.

    The score is the evaluation's: the largest probability threshold at which a component of the operating point's size
    is left.
    """
    family = (point.noise_threshold_voxels,)
    settings = EvaluationSettings(noise_thresholds=family, reference_noise_threshold=point.noise_threshold_voxels)
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
