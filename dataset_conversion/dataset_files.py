"""The files of a dataset beside its images and labels."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from dataset_conversion.placement import BACKGROUND, FRACTURE, IGNORE, NORMAL
from dataset_conversion.settings import ConversionSettings
from dataset_conversion.splits import make_inner_splits, make_splits
from dataset_conversion.vertebra_table import Vertebra, write_vertebra_table

FILE_ENDING = ".nii.gz"
PACKAGES = ("vf_nnunet", "numpy", "scipy", "nibabel")


def write_metadata(
    folder: Path, vertebrae: Sequence[Vertebra], settings: ConversionSettings, warnings: Sequence[str]
) -> list[str]:
    """Write ``dataset.json``, ``vertebrae.csv``, the folds and ``conversion.json``.

    Returns:
        The warnings, with those that came up here.
    """
    patients = {vertebra.patient_id for vertebra in vertebrae}
    noted = list(warnings)
    if len(patients) < settings.folds:
        noted.append(
            f"too few patients ({len(patients)}) for {settings.folds} folds: no splits_final.json is written. nnU-Net "
            "then splits by cases, blind to patients and fractures, and fails below 5 cases unless it trains on all"
        )
    else:
        splits = make_splits(vertebrae, settings.folds, settings.split_seed)
        _write_json(folder / "splits_final.json", splits)
        inner = make_inner_splits(vertebrae, splits, settings.inner_folds, settings.split_seed)
        _write_json(folder / "splits_inner.json", inner)
    _write_json(folder / "dataset.json", _dataset_json(vertebrae))
    write_vertebra_table(folder / "vertebrae.csv", vertebrae)
    content = {"settings": asdict(settings), "warnings": noted, "versions": _versions()}
    _write_json(folder / "conversion.json", content)
    return noted


def _dataset_json(vertebrae: Sequence[Vertebra]) -> dict[str, Any]:
    labels = {"background": BACKGROUND, "normal": NORMAL, "fracture": FRACTURE}
    if any(vertebra.grade is None for vertebra in vertebrae):
        labels["ignore"] = IGNORE
    return {
        "channel_names": {"0": "CT"},
        "labels": labels,
        "numTraining": len({vertebra.case_id for vertebra in vertebrae}),
        "file_ending": FILE_ENDING,
        # nnU-Net's default reader turns NaN into 0 and pads truncated files without a word.
        "overwrite_image_reader_writer": "NibabelIO",
    }


def _versions() -> dict[str, str]:
    installed = {distribution.name for distribution in metadata.distributions()}
    return {package: metadata.version(package) for package in PACKAGES if package in installed}


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
