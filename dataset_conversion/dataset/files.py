"""The files of a dataset other than images and labels."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.dataset.splits import count_negatives, make_inner_splits, make_splits
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.labels import FRACTURE_GRADE_KEY, LabelClasses
from dataset_conversion.spine.vertebra_table import TABLE_FILE, Vertebra, with_body, write_vertebra_table

FILE_ENDING = ".nii.gz"
IMAGE_FOLDER, LABEL_FOLDER = "imagesTr", "labelsTr"
DATASET_FILE = "dataset.json"


@dataclass(frozen=True)
class Folds:
    """The cross-validation of a dataset.

    Attributes:
        splits: Content of `splits_final.json`, empty if there are too few patients.
        inner: Content of `splits_inner.json`.
        warnings: Things that a person should know about the folds.
    """

    splits: list[dict[str, list[str]]]
    inner: list[list[str]]
    warnings: tuple[str, ...]


def plan_folds(vertebrae: Sequence[Vertebra], settings: ConversionSettings) -> Folds:
    """Divide the cohort into folds, if it has enough patients.

    Raises:
        InputError: If some folds would have too few patients without a fracture.
    """
    patients = len({vertebra.patient_id for vertebra in vertebrae})
    chosen = settings.splits
    if patients < chosen.folds:
        missing = (
            f"too few patients ({patients}) for {chosen.folds} folds: splits_final.json is not written, but training "
            "needs it; add patients, or write it in nnU-Net's format"
        )
        return Folds([], [], (missing,))
    splits = make_splits(vertebrae, chosen, settings.fracture_grade)
    inner = make_inner_splits(vertebrae, splits, chosen, settings.fracture_grade)
    negatives = count_negatives(vertebrae, settings.fracture_grade)
    few = f"{negatives} patients without a fracture; expected {chosen.least_negatives} in each of {chosen.folds} folds"
    return Folds(splits, inner, (few,) if negatives < chosen.least_negatives * chosen.folds else ())


def write_metadata(folder: Path, vertebrae: Sequence[Vertebra], folds: Folds, settings: ConversionSettings) -> None:
    """Write `dataset.json`, `vertebrae.csv` and, if there are any, the folds."""
    if folds.splits:
        write_json(folder / "splits_final.json", folds.splits)
        write_json(folder / "splits_inner.json", folds.inner)
    write_json(folder / DATASET_FILE, _dataset_json(vertebrae, settings))
    write_vertebra_table(folder / TABLE_FILE, vertebrae)


def is_whole(folder: Path) -> bool:
    """Whether a dataset has as many images and labels as its `dataset.json` says."""
    try:
        expected = json.loads((folder / DATASET_FILE).read_text(encoding="utf-8"))["numTraining"]
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return all(len(list((folder / part).glob(f"*{FILE_ENDING}"))) == expected for part in (IMAGE_FOLDER, LABEL_FOLDER))


def _dataset_json(vertebrae: Sequence[Vertebra], settings: ConversionSettings) -> dict[str, Any]:
    ungraded = any(vertebra.grade is None for vertebra in with_body(vertebrae))
    classes = LabelClasses.standard(settings.classes, settings.fracture_grade, ungraded)
    return {
        "channel_names": {"0": "CT"},
        "labels": dict(classes.values),
        # With two classes of vertebrae, the labels themselves follow the grade.
        **({FRACTURE_GRADE_KEY: classes.fracture_grade} if classes.are_grades else {}),
        "numTraining": len({vertebra.case_id for vertebra in vertebrae}),
        "file_ending": FILE_ENDING,
        # nnU-Net's default reader turns NaN into 0 and pads truncated files without a warning.
        "overwrite_image_reader_writer": "NibabelIO",
    }
