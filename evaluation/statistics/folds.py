"""Groups of patients that keep the choice of thresholds separate from their measurement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluation.settings import SharedSettings
from evaluation.statistics.roc import BoolArray, IntArray, has_both_classes
from evaluation.statistics.scores import PatientScores


def patient_folds(patients: PatientScores, settings: SharedSettings) -> IntArray | None:
    """The fold of each patient: that of the maps or, if a map has none, a random group.

    Args:
        patients: Patients with their folds.
        settings: `nested_folds` and `seed` are used for random groups.

    Returns:
        (patients,). None if the patients outside a fold do not have both outcomes, for example because there is only
        one fold: nothing can be chosen on them.
    """
    known = [fold for fold in patients.fold if fold is not None]
    if len(known) == len(patients.fold):
        folds = np.array(known, dtype=np.int64)
    else:
        folds = patient_groups(patients.patient_id, patients.fracture, settings.nested_folds, settings.seed)
    usable = all(has_both_classes(patients.fracture[folds != fold]) for fold in np.unique(folds))
    return folds if usable else None


def patient_groups(patient_id: Sequence[str], fracture: BoolArray, groups: int, seed: int) -> IntArray:
    """Random group (patients,) of each patient. Groups are balanced in size and outcome; the order does not matter."""
    by_name = np.argsort(np.asarray(patient_id))
    shuffled = np.random.default_rng(seed).permutation(by_name)
    by_outcome = shuffled[np.argsort(fracture[shuffled], kind="stable")]
    assigned = np.zeros(len(patient_id), dtype=np.int64)
    assigned[by_outcome] = np.arange(len(patient_id)) % groups
    return assigned
