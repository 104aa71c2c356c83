"""The cross-validation folds and the inner validation, checked before training.

nnU-Net accepts most mistakes in its splits file and trains on.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.vertebra_table import TABLE_FILE, read_vertebra_table

SPLITS_FILE = "splits_final.json"
"""nnU-Net's file of the cross-validation folds."""
INNER_SPLITS_FILE = "splits_inner.json"
"""The converter's file with the inner validation cases of each fold."""
PARTS = ("train", "val")
Split = dict[str, list[str]]
"""Case ids of a fold by part, as nnU-Net writes them."""


def read_splits(path: Path) -> list[Split]:
    """Read the folds of nnU-Net's splits file.

    Raises:
        InputError: If the file is missing or does not contain folds.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: missing; convert five or more patients, or write this file in nnU-Net's form: "
            '[{"train": ["case_01", ...], "val": ["case_02", ...]}, ...]'
        )
    try:
        folds = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error})") from error
    if not isinstance(folds, list) or not folds or not all(map(_is_split, folds)):
        raise InputError(f'{path}: expected a list with {{"train": [case ids], "val": [case ids]}} for each fold')
    return folds


def _is_split(fold: Any) -> bool:
    return isinstance(fold, dict) and all(
        isinstance(fold.get(part), list) and all(isinstance(case, str) for case in fold[part]) for part in PARTS
    )


def outer_fold(path: Path, fold: int, available: set[str]) -> tuple[list[str], list[str]]:
    """Training and validation cases of one fold.

    A training does not read the validation cases, so they may be missing (see `check_validation_cases`).

    Args:
        path: nnU-Net's splits file.
        fold: Index of the fold.
        available: Ids of the preprocessed cases.

    Raises:
        InputError: If the file is missing, the fold is not in it, its parts overlap or are empty, or a training case
            is not preprocessed.
    """
    split = chosen_split(path, fold)
    training, validation = split["train"], split["val"]
    problems = [
        f"{path}: fold {fold}: {what}: {shortened_list(sorted(cases), 5)}"
        for what, cases in (
            ("cases both in train and val", set(training) & set(validation)),
            ("cases that are not preprocessed", set(training) - available),
        )
        if cases
    ]
    problems += [f"{path}: fold {fold}: no {name} cases" for name in PARTS if not split[name]]
    if problems:
        raise InputError(problems)
    return training, validation


def chosen_split(path: Path, fold: int) -> Split:
    """Read one fold of nnU-Net's splits file.

    Raises:
        InputError: If the file is missing, does not contain folds, or has no such fold.
    """
    folds = read_splits(path)
    if not 0 <= fold < len(folds):
        raise InputError(f"{path}: no fold {fold}; it has folds 0 to {len(folds) - 1}")
    return folds[fold]


def check_validation_cases(path: Path, fold: int | str, validation: list[str], available: set[str]) -> None:
    """Check that the cases to predict are preprocessed.

    Raises:
        InputError: If one is missing.
    """
    missing = sorted(set(validation) - available)
    if missing:
        raise InputError(
            f"{path}: fold {fold}: cases to predict that are not preprocessed: {shortened_list(missing, 5)}"
        )


def inner_validation_cases(
    preprocessed: Path, fold: int | str, training_cases: Sequence[str], fraction: float, seed: int
) -> tuple[list[str], str]:
    """Choose the training cases that decide the learning rate and the final model.

    The converter's choice (grouped by patient, stratified by grade) is used where it fits the fold; otherwise a
    seeded random `fraction` of the patients, at least one. Patients are those of the raw dataset's `vertebrae.csv`; if
    that is not on this machine, cases are drawn. The outer validation cases are never among them.

    Args:
        preprocessed: nnU-Net's folder of the preprocessed dataset.
        fold: Index of the outer fold, or "all".
        training_cases: Training cases of the outer fold.
        fraction: Share of the patients to draw.
        seed: Seed of the draw.

    Returns:
        The cases, and how they were chosen, for the log. There are none if all training cases are of one patient.
    """
    planned = planned_inner_cases(preprocessed, fold)
    if planned and set(planned) < set(training_cases):
        return sorted(planned), f"taken from {INNER_SPLITS_FILE}"
    reason = f"because no {INNER_SPLITS_FILE} fits the fold"
    patients = patients_of_cases(preprocessed)
    if patients is None:
        return (
            _draw({case: [case] for case in training_cases}, fraction, seed),
            f"drawn by case, regardless of patients, {reason} and there is no {TABLE_FILE} in nnUNet_raw",
        )
    cases: dict[str, list[str]] = {}
    for case in training_cases:
        cases.setdefault(patients.get(case, case), []).append(case)
    return _draw(cases, fraction, seed), f"drawn by patient, {reason}"


def _draw(groups: Mapping[str, Sequence[str]], fraction: float, seed: int) -> list[str]:
    """The cases of a random share of the groups: at least one group, but not all."""
    count = min(max(1, round(fraction * len(groups))), len(groups) - 1)
    drawn = np.random.default_rng(seed).permutation(sorted(groups))[:count].tolist()
    return sorted(case for group in drawn for case in groups[group])


def patients_of_cases(preprocessed: Path) -> dict[str, str] | None:
    """The patient of each annotated case, by the raw dataset's `vertebrae.csv`; None if that is not on this machine.

    Raises:
        InputError: If the table is invalid.
    """
    folder = os.environ.get("nnUNet_raw")
    table = Path(folder or "") / preprocessed.name / TABLE_FILE
    if not folder or not table.is_file():
        return None
    return {vertebra.case_id: vertebra.patient_id for vertebra in read_vertebra_table(table)}


def planned_inner_cases(preprocessed: Path, fold: int | str) -> list[str]:
    """The inner validation cases that the converter chose for a fold; empty if it chose none.

    The fold "all" takes those of fold 0: they are all cases of some patients.
    """
    path = preprocessed / INNER_SPLITS_FILE
    if not path.is_file():
        return []
    folds: list[list[str]] = json.loads(path.read_text(encoding="utf-8"))
    index = 0 if fold == "all" else int(fold)
    return folds[index] if index < len(folds) else []
