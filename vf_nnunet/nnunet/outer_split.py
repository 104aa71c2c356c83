"""The cross-validation folds, checked before training; nnU-Net would go on with most of what is wrong here."""

import json
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError

SPLITS_FILE = "splits_final.json"
PARTS = ("train", "val")
Split = dict[str, list[str]]
"""Case ids of a fold by part, as nnU-Net writes them."""


def read_splits(path: Path) -> list[Split]:
    """The folds of nnU-Net's splits file.

    Raises:
        InputError: If the file is missing or does not hold folds.
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
        raise InputError(f'{path}: wanted a list with {{"train": [case ids], "val": [case ids]}} for each fold')
    return folds


def _is_split(fold: Any) -> bool:
    return isinstance(fold, dict) and all(
        isinstance(fold.get(part), list) and all(isinstance(case, str) for case in fold[part]) for part in PARTS
    )


def outer_fold(path: Path, fold: int, available: set[str]) -> tuple[list[str], list[str]]:
    """Training and validation cases of `fold` in nnU-Net's splits file.

    The validation cases need not be there yet: a training does not read them (`check_validation_cases`).

    Args:
        available: Ids of the preprocessed cases.

    Raises:
        InputError: If the file is missing, the fold is not in it, its parts overlap or are empty, or a training case
            is not preprocessed.
    """
    split = chosen_split(path, fold)
    training, validation = split["train"], split["val"]
    findings = [
        f"{path}: fold {fold}: {what}: {', '.join(sorted(cases))}"
        for what, cases in (
            ("cases both in train and val", set(training) & set(validation)),
            ("cases that are not preprocessed", set(training) - available),
        )
        if cases
    ]
    findings += [f"{path}: fold {fold}: no {name} cases" for name in PARTS if not split[name]]
    if findings:
        raise InputError(findings)
    return training, validation


def chosen_split(path: Path, fold: int) -> Split:
    """One fold of nnU-Net's splits file.

    Raises:
        InputError: If the file is missing, does not hold folds, or has no such fold.
    """
    folds = read_splits(path)
    if not 0 <= fold < len(folds):
        raise InputError(f"{path}: no fold {fold}; it has folds 0 to {len(folds) - 1}")
    return folds[fold]


def check_validation_cases(path: Path, fold: int | str, validation: list[str], available: set[str]) -> None:
    """Raise InputError if a case to predict is not preprocessed."""
    missing = sorted(set(validation) - available)
    if missing:
        raise InputError(f"{path}: fold {fold}: cases to predict that are not preprocessed: {', '.join(missing)}")
