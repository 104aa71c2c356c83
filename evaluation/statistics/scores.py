"""The scores of a cohort as arrays, the input of all statistics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.roc import BoolArray, IntArray, auc_over_draws, has_both_classes


@dataclass(frozen=True)
class PatientScores:
    """One row per patient, sorted by `patient_id`.

    Attributes:
        patient_id: (patients,).
        case_ids: (patients,), cases of each patient.
        fold: (patients,), the cross-validation fold; None if the maps have none.
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
    """One row per graded vertebra, sorted by case and then as in the table.

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
    """The chosen side of the cube in which vertebrae are scored.

    Attributes:
        side_by_fold: The side used for each fold: the one with the largest AUC on the patients of the other folds, the
            smallest in a tie. Empty if no choice was possible; the candidate nearest the paper's side was used then.
        auc_by_side: AUC of all vertebrae for each candidate, None with one class only. The largest is optimistic.
    """

    side_by_fold: dict[int, int]
    auc_by_side: dict[int, float | None]


@dataclass(frozen=True)
class CohortScores:
    """All scores of a cohort.

    Attributes:
        patients: Patient level.
        vertebrae: Vertebra level.
        cube: The choice of the cube's side; None if the side was given.
    """

    patients: PatientScores
    vertebrae: VertebraScores
    cube: CubeChoice | None = None


def mean_auc(vertebrae: VertebraScores, chosen: BoolArray | None = None) -> float | None:
    """Mean AUC over the draws, of all vertebrae or of those chosen by a mask; None with one class only."""
    mask = np.ones(len(vertebrae.fracture), dtype=bool) if chosen is None else chosen
    fracture = vertebrae.fracture[mask]
    if not has_both_classes(fracture):
        return None
    return auc_over_draws(fracture, vertebrae.scores[mask])
