"""Patient-grouped, stratified folds, the same on every machine."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from dataset_conversion.vertebra_table import Vertebra

DEFAULT_SEED = 12345
"""nnU-Net's own seed for folds."""


def make_splits(vertebrae: Iterable[Vertebra], folds: int = 5, seed: int = DEFAULT_SEED) -> list[dict[str, list[str]]]:
    """Part the cases into folds in the form of nnU-Net's ``splits_final.json``.

    Patients are sorted by their worst grade, shuffled among equals, and dealt out in turn. So each fold has the same
    number of patients of every grade, to within one, and as many without any fracture; all cases of a patient go
    together. Shuffling sorts by a hash of seed and patient id: it depends on no random generator's version.

    Args:
        vertebrae: the whole cohort.
        folds: at most the number of patients.
        seed: another one gives other folds.

    Returns:
        One ``{"train": [case ids], "val": [case ids]}`` a fold.

    Raises:
        ValueError: fewer patients than folds.
    """
    cases: dict[str, set[str]] = defaultdict(set)
    worst: dict[str, int] = defaultdict(int)
    for vertebra in vertebrae:
        cases[vertebra.patient_id].add(vertebra.case_id)
        worst[vertebra.patient_id] = max(worst[vertebra.patient_id], vertebra.grade or 0)
    if len(cases) < folds:
        raise ValueError(f"{len(cases)} patients, wanted at least {folds} for {folds} folds")
    patients = sorted(cases, key=lambda patient: (worst[patient], _shuffle_key(patient, seed), patient))
    held_out = [sorted(case for patient in patients[fold::folds] for case in cases[patient]) for fold in range(folds)]
    everything = sorted(case for fold in held_out for case in fold)
    return [{"train": [case for case in everything if case not in set(val)], "val": val} for val in held_out]


def make_inner_splits(
    vertebrae: Iterable[Vertebra], splits: Iterable[dict[str, list[str]]], folds: int = 7, seed: int = DEFAULT_SEED
) -> list[list[str]]:
    """For each fold, the training cases set apart to steer the training (paper: 15% of the training folds).

    The training patients are parted once more, as in `make_splits`; one of seven parts is 14%. It is the part with the
    worst grades, so that a small cohort's inner validation has a fracture.

    Args:
        vertebrae: the whole cohort.
        splits: from `make_splits`.
        folds: parts of the training patients, of which one is set apart.
        seed: another one gives other cases.
    """
    rows = list(vertebrae)
    chosen = []
    for split in splits:
        cases = set(split["train"])
        training = [vertebra for vertebra in rows if vertebra.case_id in cases]
        parts = min(folds, len({vertebra.patient_id for vertebra in training}))
        chosen.append(make_splits(training, parts, seed)[-1]["val"])
    return chosen


def _shuffle_key(patient_id: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{patient_id}".encode()).hexdigest()
