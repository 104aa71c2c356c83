"""The cases of the training folds that decide annealing and the kept checkpoint; the outer fold is never among them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from batchgenerators.utilities.file_and_folder_operations import load_json

INNER_SPLITS_FILE = "splits_inner.json"


def inner_validation_cases(
    preprocessed: Path, fold: int | str, training_cases: Sequence[str], fraction: float, seed: int
) -> tuple[list[str], str]:
    """Cases of `training_cases` for the inner validation, and how they were chosen, for the log.

    The converter's `splits_inner.json` (grouped by patient, stratified by grade) where it fits the fold; otherwise a
    seeded draw of `fraction` of the cases, at least one.

    Args:
        preprocessed: nnU-Net's folder of the preprocessed dataset.
        fold: Index of the outer fold, or "all".
    """
    planned = _planned(preprocessed / INNER_SPLITS_FILE, fold)
    if planned and set(planned) < set(training_cases):
        return sorted(planned), f"as {INNER_SPLITS_FILE} has them"
    count = min(max(1, round(fraction * len(training_cases))), len(training_cases) - 1)
    drawn = sorted(np.random.default_rng(seed).permutation(sorted(training_cases))[:count].tolist())
    return drawn, f"drawn by cases, blind to patients, since no {INNER_SPLITS_FILE} fits the fold"


def _planned(path: Path, fold: int | str) -> list[str]:
    if not isinstance(fold, int) or not path.is_file():
        return []
    folds: list[list[str]] = load_json(str(path))
    return folds[fold] if fold < len(folds) else []
