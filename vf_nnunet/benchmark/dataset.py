"""The parts of a dataset that the benchmark reads: vertebra table, images, outer cases of the folds."""

from collections.abc import Sequence
from pathlib import Path

from dataset_conversion.spine.vertebra_table import TABLE_FILE, read_vertebra_table, with_body
from vf_nnunet.nnunet.paths import dataset_folder
from vf_nnunet.nnunet.splits import SPLITS_FILE, read_splits


def annotations_of(dataset_id: int) -> Path:
    """Path of the vertebra table beside `dataset.json`."""
    return dataset_folder("nnUNet_raw", dataset_id) / TABLE_FILE


def image_of(dataset_id: int, case: str) -> Path:
    """Path of a case's CT."""
    return dataset_folder("nnUNet_raw", dataset_id) / "imagesTr" / f"{case}_0000.nii.gz"


def outer_cases(dataset_id: int, folds: Sequence[int]) -> list[str]:
    """The cases that the folds predict after training."""
    splits = read_splits(dataset_folder("nnUNet_preprocessed", dataset_id) / SPLITS_FILE)
    return [case for fold in folds for case in splits[fold]["val"]]


def scored_cases(dataset_id: int, folds: Sequence[int]) -> list[str]:
    """The outer cases that have a graded vertebra."""
    rows = with_body(read_vertebra_table(annotations_of(dataset_id)))
    graded = {row.case_id for row in rows if row.grade is not None}
    return [case for case in outer_cases(dataset_id, folds) if case in graded]
