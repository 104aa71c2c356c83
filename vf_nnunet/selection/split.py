"""The split on which configurations are compared."""

from collections.abc import Sequence

from dataset_conversion.dataset.splits import SplitSettings, make_inner_splits, make_splits
from dataset_conversion.spine.vertebra_table import Vertebra
from vf_nnunet.nnunet.splits import Split

PARTS = 4
"""The last of four stratified parts is held out: 22 of 90 patients, which leaves 68 for training, as in the paper."""


def selection_split(vertebrae: Sequence[Vertebra], fracture_grade: int) -> tuple[Split, list[str]]:
    """Training and held-out cases, and the training cases of the inner validation.

    The converter's rules apply: all cases of a patient stay together, and both parts are stratified by grade.

    Args:
        vertebrae: The whole cohort.
        fracture_grade: Lowest grade that counts as a fracture.

    Raises:
        InputError: If there are fewer than four patients.
    """
    settings = SplitSettings(folds=PARTS)
    split = make_splits(vertebrae, settings, fracture_grade)[-1]
    (inner,) = make_inner_splits(vertebrae, [split], settings, fracture_grade)
    return split, inner


def most_fractured_case(vertebrae: Sequence[Vertebra], cases: Sequence[str], fracture_grade: int) -> str:
    """The case with the most fractured vertebrae; the first by name if several have as many."""
    counts = dict.fromkeys(sorted(cases), 0)
    for vertebra in vertebrae:
        if vertebra.case_id in counts and (vertebra.grade or 0) >= fracture_grade:
            counts[vertebra.case_id] += 1
    return max(counts, key=lambda case: counts[case])
