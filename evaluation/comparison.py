"""Two detectors on the same patients: how far their areas under the curve lie apart, and how surely.

Both are scored on the same draws of patients, so that what makes a patient easy or hard for both cancels out of the
difference.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.scores import CohortScores
from evaluation.settings import EvaluationSettings


@dataclass(frozen=True)
class AucDifference:
    """Two areas under the curve and their difference.

    Attributes:
        first: AUC of the first detector.
        second: AUC of the second.
        difference: first - second.
        ci95: 95% interval of the difference.
        p: Two-sided p value of no difference.
    """

    first: float
    second: float
    difference: float
    ci95: tuple[float, float]
    p: float


@dataclass(frozen=True)
class Comparison:
    """Two detectors compared at both levels; a level with one class only is None.

    Attributes:
        patient_hull: The convex hull over both thresholds, by paired bootstrap over patients, the hulls rebuilt.
        patient_fixed: The score at the noise threshold that was fixed in advance, by the same bootstrap.
        patient_fixed_delong: The same score after DeLong et al. 1988.
        vertebra: The vertebra level, by paired bootstrap of whole patients.
    """

    patient_hull: AucDifference | None
    patient_fixed: AucDifference | None
    patient_fixed_delong: AucDifference | None
    vertebra: AucDifference | None


def compare(first: CohortScores, second: CohortScores, settings: EvaluationSettings) -> Comparison:
    """Compare two detectors.

    Args:
        first: Scores of the first detector.
        second: Scores of the second, of the same patients and vertebrae.
        settings: `bootstrap_replicates`, `seed` and `reference_noise_threshold` are used.

    Raises:
        EvaluationError: Patients or vertebrae that only one of the two has, or whose outcomes differ; all at once.
    """
    raise NotImplementedError
