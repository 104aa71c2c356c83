"""The groups of patients between which choices and measurements are kept apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluation.settings import SharedSettings
from evaluation.statistics.roc import BoolArray, IntArray, has_both_classes
from evaluation.statistics.scores import PatientScores


def patient_folds(patients: PatientScores, settings: SharedSettings) -> IntArray | None:
    """The fold (patients,) of each patient: that of the maps or, when a map names none, a group drawn from the seed.

    Returns:
        None when the patients outside some fold do not have both outcomes, as when there is one fold only: nothing
        can be chosen on them.
    """
    known = [fold for fold in patients.fold if fold is not None]
    if len(known) == len(patients.fold):
        folds = np.array(known, dtype=np.int64)
    else:
        folds = patient_groups(patients.patient_id, patients.fracture, settings.nested_folds, settings.seed)
    usable = all(has_both_classes(patients.fracture[folds != fold]) for fold in np.unique(folds))
    return folds if usable else None


def patient_groups(patient_id: Sequence[str], fracture: BoolArray, groups: int, seed: int) -> IntArray:
    """Group (patients,) of each patient: equal in size and in outcomes, whatever the order of the patients."""
    by_name = np.argsort(np.asarray(patient_id))
    shuffled = np.random.default_rng(seed).permutation(by_name)
    by_outcome = shuffled[np.argsort(fracture[shuffled], kind="stable")]
    assigned = np.zeros(len(patient_id), dtype=np.int64)
    assigned[by_outcome] = np.arange(len(patient_id)) % groups
    return assigned
