"""What a model file's card says of the model's training and evaluation."""

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dataset_conversion.dataset.files import TABLE_FILE
from dataset_conversion.spine.vertebra_table import GRADES, Vertebra, read_vertebra_table
from vf_nnunet import __version__
from vf_nnunet.inference.model import Model
from vf_nnunet.screening.operating_point import patient_points, read_summary

DISTRIBUTIONS = ("torch", "nnunetv2", "numpy", "safetensors")


def described(model: Model, folder: Path, evaluation: Path | None, annotations: Path | None) -> Model:
    """The model with a card that tells of its training cohort and its evaluation.

    Args:
        model: Read from `folder`.
        folder: nnU-Net's folder of the model; without a table, its `dataset.json` still tells the cases.
        evaluation: What `vf_nnunet evaluate -o` wrote for this model, None without one.
        annotations: The training cohort's vertebra table; None looks for it beside the raw dataset.

    Raises:
        InputError: If the evaluation cannot be read.
        InputError: If the table cannot be read.
    """
    summary = None if evaluation is None else read_summary(evaluation)
    table = annotations or _raw_table(model.card.dataset)
    card = replace(
        model.card,
        operating_points=None if summary is None else patient_points(summary),
        evaluation=None if summary is None else _evaluation(summary),
        training_cohort=_training_cohort(folder, table),
        versions=_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return replace(model, card=card)


def cohort_statistics(vertebrae: Sequence[Vertebra]) -> dict[str, Any]:
    """Numbers of cases, patients, vertebrae, and vertebrae of each grade."""
    grades = Counter(vertebra.grade for vertebra in vertebrae)
    return {
        "cases": len({vertebra.case_id for vertebra in vertebrae}),
        "patients": len({vertebra.patient_id for vertebra in vertebrae}),
        "vertebrae": len(vertebrae),
        "grades": {**{str(grade): grades[grade] for grade in GRADES}, "not graded": grades[None]},
    }


def _training_cohort(folder: Path, table: Path | None) -> dict[str, Any]:
    if table is not None:
        return cohort_statistics(read_vertebra_table(table))
    description = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    return {"cases": description.get("numTraining")}


def _raw_table(dataset: str) -> Path | None:
    raw = os.environ.get("nnUNet_raw")
    table = Path(raw, dataset, TABLE_FILE) if raw else None
    return table if table is not None and table.is_file() else None


def _evaluation(summary: Mapping[str, Any]) -> dict[str, Any]:
    patient, vertebra = summary["patient"], summary["vertebra"]
    return {
        "patients": patient.get("n"),
        "patients_with_fracture": patient.get("positives"),
        "patient_auc_hull": patient.get("auc_hull"),
        "patient_auc_hull_ci95": (patient.get("auc_hull_bootstrap") or {}).get("ci95"),
        "patient_auc_nested": patient.get("auc_nested"),
        "patient_rates_nested": _nested_rates(summary),
        "vertebrae": vertebra.get("n"),
        "vertebrae_with_fracture": vertebra.get("positives"),
        "vertebra_auc": vertebra.get("auc"),
        "vertebra_auc_ci95": (vertebra.get("auc_bootstrap") or {}).get("ci95"),
        "note": (summary.get("settings") or {}).get("note", ""),
    }


def _nested_rates(summary: Mapping[str, Any]) -> dict[str, Any] | None:
    """The patient's rates by the points' names; the folds' own thresholds are left out."""
    points = (summary.get("operating_points_nested") or {}).get("patient")
    if points is None:
        return None
    return {name: {key: rate for key, rate in point.items() if key != "by_fold"} for name, point in points.items()}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "vf_nnunet": __version__}
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
