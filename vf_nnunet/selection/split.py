"""The one split on which configurations are compared."""

from collections.abc import Sequence

from dataset_conversion.dataset.splits import SplitSettings, make_inner_splits, make_splits
from dataset_conversion.spine.vertebra_table import Vertebra

PARTS = 4
"""The last of four stratified parts is held out: 22 of the paper's 90 patients, as there (68 to train on)."""

Split = dict[str, list[str]]


def selection_split(vertebrae: Sequence[Vertebra], fracture_grade: int) -> tuple[Split, list[str]]:
    """Training and held-out cases, and the training cases of the inner validation.

    The converter's rules: patients are not parted, and every grade has its share in both.

    Args:
        vertebrae: The whole cohort.
        fracture_grade: Lowest grade that is a fracture.

    Raises:
        InputError: If there are fewer than four patients.
    """
    settings = SplitSettings(folds=PARTS)
    split = make_splits(vertebrae, settings, fracture_grade)[-1]
    (inner,) = make_inner_splits(vertebrae, [split], settings, fracture_grade)
    return split, inner


def most_fractured_case(vertebrae: Sequence[Vertebra], cases: Sequence[str], fracture_grade: int) -> str:
    """The one of `cases` with the most fractured vertebrae; the first of several."""
    counts = dict.fromkeys(sorted(cases), 0)
    for vertebra in vertebrae:
        if vertebra.case_id in counts and (vertebra.grade or 0) >= fracture_grade:
            counts[vertebra.case_id] += 1
    return max(counts, key=lambda case: counts[case])
