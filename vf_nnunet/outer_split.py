"""The cross-validation folds, checked before training; nnU-Net would go on with most of what is wrong here."""

import json
from pathlib import Path

from vf_nnunet.errors import PluginError

SPLITS_FILE = "splits_final.json"


def outer_fold(path: Path, fold: int, available: set[str]) -> tuple[list[str], list[str]]:
    """Training and validation cases of `fold` in nnU-Net's splits file.

    Args:
        available: Ids of the preprocessed cases.

    Raises:
        PluginError: If the file is missing, the fold is not in it, or its cases overlap, are absent or not
            preprocessed.
    """
    if not path.is_file():
        raise PluginError(
            f"{path}: no cross-validation folds; convert five or more patients, or write this file in nnU-Net's form"
        )
    splits = json.loads(path.read_text(encoding="utf-8"))
    if not 0 <= fold < len(splits):
        raise PluginError(f"{path}: fold {fold} asked for, the file has folds 0 to {len(splits) - 1}")
    training, validation = splits[fold]["train"], splits[fold]["val"]
    findings = [
        f"{path}: fold {fold}: {what}: {', '.join(sorted(cases))}"
        for what, cases in (
            ("cases both in train and val", set(training) & set(validation)),
            ("cases that are not preprocessed", set(training + validation) - available),
        )
        if cases
    ]
    findings += [f"{path}: fold {fold}: no {name} cases" for name in ("train", "val") if not splits[fold][name]]
    if findings:
        raise PluginError("\n".join(findings))
    return training, validation
