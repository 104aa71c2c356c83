"""The scores of a cohort, as arrays that every statistic takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.roc import BoolArray, IntArray, auc_over_draws, has_both_classes


@dataclass(frozen=True)
class PatientScores:
    """One row a patient, sorted by `patient_id`.

    Attributes:
        patient_id: (patients,).
        case_ids: (patients,), each patient's cases.
        fold: (patients,), the cross-validation fold, or None when the maps name none.
        fracture: (patients,), whether any graded vertebra is fractured.
        scores: (patients, noise thresholds), the largest over the patient's cases.
    """

    patient_id: tuple[str, ...]
    case_ids: tuple[tuple[str, ...], ...]
    fold: tuple[int | None, ...]
    fracture: BoolArray
    scores: FloatArray


@dataclass(frozen=True)
class VertebraScores:
    """One row a graded vertebra, sorted by case and then down the spine as in the table.

    Attributes:
        case_id: (vertebrae,).
        patient: (vertebrae,), position of the patient in `PatientScores`.
        vertebra: (vertebrae,), the level.
        grade: (vertebrae,), Genant grade 0 to 3.
        fracture: (vertebrae,), whether the grade counts as a fracture.
        scores: (vertebrae, draws), one column for each draw of the localisation error.
    """

    case_id: tuple[str, ...]
    patient: IntArray
    vertebra: tuple[str, ...]
    grade: IntArray
    fracture: BoolArray
    scores: FloatArray


@dataclass(frozen=True)
class CubeChoice:
    """How the side of the cube was chosen in which vertebrae are scored.

    Attributes:
        side_by_fold: The side each fold was scored with: of the largest AUC on the patients of the other folds, the
            smallest where several tie. Empty where no choice was possible: the candidate nearest the paper's side was
            taken then.
        auc_by_side: AUC of all vertebrae for each candidate; the largest of them is optimistic. None with one class.
    """

    side_by_fold: dict[int, int]
    auc_by_side: dict[int, float | None]


@dataclass(frozen=True)
class CohortScores:
    """All scores of a cohort.

    Attributes:
        patients: Patient level.
        vertebrae: Vertebra level.
        cube: How the vertebrae's cube was chosen; None where its side was given.
    """

    patients: PatientScores
    vertebrae: VertebraScores
    cube: CubeChoice | None = None


def mean_auc(vertebrae: VertebraScores, chosen: BoolArray | None = None) -> float | None:
    """AUC of each draw, averaged, of all vertebrae or of those chosen by a mask; None with one class only."""
    mask = np.ones(len(vertebrae.fracture), dtype=bool) if chosen is None else chosen
    fracture = vertebrae.fracture[mask]
    if not has_both_classes(fracture):
        return None
    return auc_over_draws(fracture, vertebrae.scores[mask])
