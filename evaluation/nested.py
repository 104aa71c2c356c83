"""The patient-level AUC with the noise threshold chosen on other patients.

For each fold the noise threshold whose plain ROC has the largest AUC on the patients of all other folds is applied to
the fold's own patients, so that no patient has a part in choosing how it is scored. The scores of all folds are then
pooled into one ROC curve, whose AUC is the nested AUC. Pooling keeps folds with a single negative patient usable; it
takes for granted that a probability means the same in every fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.roc import BoolArray, IntArray, has_both_classes, roc_curve
from evaluation.scores import PatientScores
from evaluation.settings import EvaluationSettings


@dataclass(frozen=True)
class NestedAuc:
    """The nested AUC and the choice behind it.

    Attributes:
        auc: AUC of the pooled scores.
        noise_thresholds: The noise threshold chosen for each fold.
    """

    auc: float
    noise_thresholds: dict[int, int]


def auc_nested(patients: PatientScores, settings: EvaluationSettings) -> NestedAuc | None:
    """The nested AUC; where several noise thresholds tie, the smallest is chosen.

    Folds are those of the maps, or, when a map names none, groups of patients drawn from the seed.

    Returns:
        None when the patients outside some fold do not have both outcomes, as when there is one fold only.
    """
    folds = _folds_of(patients, settings)
    scores = np.zeros(len(folds))
    chosen: dict[int, int] = {}
    for fold in np.unique(folds).tolist():
        held_out = folds == fold
        if not has_both_classes(patients.fracture[~held_out]):
            return None
        members = patients.scores[~held_out].T
        best = int(np.argmax([roc_curve(patients.fracture[~held_out], member).auc for member in members]))
        chosen[fold] = settings.noise_thresholds[best]
        scores[held_out] = patients.scores[held_out, best]
    return NestedAuc(roc_curve(patients.fracture, scores).auc, chosen)


def patient_groups(patient_id: Sequence[str], fracture: BoolArray, groups: int, seed: int) -> IntArray:
    """Group (patients,) of each patient: equal in size and in outcomes, whatever the order of the patients."""
    by_name = np.argsort(np.asarray(patient_id))
    shuffled = np.random.default_rng(seed).permutation(by_name)
    by_outcome = shuffled[np.argsort(fracture[shuffled], kind="stable")]
    assigned = np.zeros(len(patient_id), dtype=np.int64)
    assigned[by_outcome] = np.arange(len(patient_id)) % groups
    return assigned


def _folds_of(patients: PatientScores, settings: EvaluationSettings) -> IntArray:
    known = [fold for fold in patients.fold if fold is not None]
    if len(known) == len(patients.fold):
        return np.array(known, dtype=np.int64)
    return patient_groups(patients.patient_id, patients.fracture, settings.nested_folds, settings.seed)
