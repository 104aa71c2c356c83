"""Choice of the side of the cube in which a vertebra is scored, on other patients than those it is applied to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.settings import PAPER_CUBE_SIDE, SharedSettings
from evaluation.statistics.folds import patient_folds
from evaluation.statistics.roc import IntArray
from evaluation.statistics.scores import CubeChoice, PatientScores, VertebraScores, mean_auc


def choose_cube(
    patients: PatientScores,
    vertebrae: VertebraScores,
    scores_by_side: Mapping[int, FloatArray],
    settings: SharedSettings,
) -> tuple[VertebraScores, CubeChoice]:
    """Score each fold with the side that is best on the other folds.

    Args:
        patients: Patients with their folds.
        vertebrae: Vertebrae, whose scores are replaced.
        scores_by_side: Scores (vertebrae, draws) for each candidate, in ascending order of the sides.
        settings: `nested_folds` and `seed` are used if the maps have no folds.
    """
    by_side = {side: replace(vertebrae, scores=scores) for side, scores in scores_by_side.items()}
    chosen = scores_by_side[_usual(tuple(by_side))].copy()
    side_by_fold: dict[int, int] = {}
    folds = patient_folds(patients, settings)
    for fold in [] if folds is None else np.unique(folds).tolist():
        held_out = (folds == fold)[vertebrae.patient]
        aucs = {side: mean_auc(scored, ~held_out) or 0.0 for side, scored in by_side.items()}
        side_by_fold[fold] = max(aucs, key=lambda side: aucs[side])
        chosen[held_out] = scores_by_side[side_by_fold[fold]][held_out]
    auc_by_side = {side: mean_auc(scored) for side, scored in by_side.items()}
    return replace(vertebrae, scores=chosen), CubeChoice(side_by_fold, auc_by_side)


def sides_of_patients(
    patients: PatientScores, choice: CubeChoice | None, sides: Sequence[int], settings: SharedSettings
) -> IntArray:
    """The side with which each patient's vertebrae are scored.

    Args:
        patients: Patients with their folds.
        choice: The choice of `choose_cube`; None if the side was given.
        sides: The candidates, or the given side alone.
        settings: `nested_folds` and `seed`, as in `choose_cube`.

    Returns:
        (patients,), position among the sides.
    """
    folds = patient_folds(patients, settings)
    by_fold = {} if choice is None else choice.side_by_fold
    if folds is None or not by_fold:
        return np.full(len(patients.patient_id), sides.index(_usual(sides)))
    return np.array([sides.index(by_fold[fold]) for fold in folds.tolist()])


def _usual(sides: Sequence[int]) -> int:
    """The side nearest the paper's."""
    return min(sides, key=lambda side: abs(side - PAPER_CUBE_SIDE))
