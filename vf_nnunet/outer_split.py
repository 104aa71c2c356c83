"""The cross-validation folds, checked before training; nnU-Net would go on with most of what is wrong here."""

import json
from pathlib import Path

from vf_nnunet.errors import PluginError

SPLITS_FILE = "splits_final.json"


def outer_fold(path: Path, fold: int, available: set[str]) -> tuple[list[str], list[str]]:
    """Training and validation cases of `fold` in nnU-Net's splits file.

    The validation cases need not be there yet: a training does not read them (`check_validation_cases`).

    Args:
        available: Ids of the preprocessed cases.

    Raises:
        PluginError: If the file is missing, the fold is not in it, its parts overlap or are empty, or a training case
            is not preprocessed.
    """
    check_fold(path, fold)
    split = json.loads(path.read_text(encoding="utf-8"))[fold]
    training, validation = split["train"], split["val"]
    findings = [
        f"{path}: fold {fold}: {what}: {', '.join(sorted(cases))}"
        for what, cases in (
            ("cases both in train and val", set(training) & set(validation)),
            ("cases that are not preprocessed", set(training) - available),
        )
        if cases
    ]
    findings += [f"{path}: fold {fold}: no {name} cases" for name in ("train", "val") if not split[name]]
    if findings:
        raise PluginError("\n".join(findings))
    return training, validation


def check_fold(path: Path, fold: int) -> None:
    """Raise PluginError if the splits file `path` is missing or has no such fold."""
    if not path.is_file():
        raise PluginError(
            f"{path}: no cross-validation folds; convert five or more patients, or write this file in nnU-Net's form"
        )
    folds = len(json.loads(path.read_text(encoding="utf-8")))
    if not 0 <= fold < folds:
        raise PluginError(f"{path}: fold {fold} asked for, the file has folds 0 to {folds - 1}")


def check_validation_cases(path: Path, fold: int | str, validation: list[str], available: set[str]) -> None:
    """Raise PluginError if a case to predict is not preprocessed."""
    missing = sorted(set(validation) - available)
    if missing:
        raise PluginError(f"{path}: fold {fold}: cases to predict that are not preprocessed: {', '.join(missing)}")
