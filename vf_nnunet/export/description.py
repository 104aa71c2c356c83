"""Describe a model's training and evaluation in its card."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataset_conversion.dataset.report import count
from dataset_conversion.spine.records.versions import installed_versions
from dataset_conversion.spine.vertebra_table import TABLE_FILE, read_vertebra_table
from vf_nnunet import __version__
from vf_nnunet.model.model import Model
from vf_nnunet.nnunet.evaluation_record import check_evaluation
from vf_nnunet.screening.operating_point import patient_points, read_summary
from vf_nnunet.screening.vertebrae.evaluated import evaluated_vertebrae

PACKAGES = ("torch", "nnunetv2", "numpy", "safetensors")
"""Packages whose versions the card lists."""


def describe_model(model: Model, folder: Path, evaluation: Path | None, annotations: Path | None) -> Model:
    """The same model with its training cohort and evaluation in the card.

    Args:
        model: Read from `folder`.
        folder: nnU-Net's folder of the model. If no vertebra table is found, only the number of cases is known, from
            its `dataset.json`.
        evaluation: Output folder of `vf_nnunet evaluate` for this model; None if it was not evaluated.
        annotations: Vertebra table of the training cohort; None looks for it in the raw dataset.

    Raises:
        InputError: If the evaluation or the table cannot be read, or the evaluation is one of another model.
    """
    summary = None if evaluation is None else read_summary(evaluation)
    if evaluation is not None:
        check_evaluation(evaluation, folder)
    table = annotations or _raw_table(model.card.dataset)
    card = replace(
        model.card,
        operating_points=None if summary is None else patient_points(summary),
        vertebra_level=None if evaluation is None or summary is None else evaluated_vertebrae(evaluation, summary),
        evaluation=None if summary is None else _evaluation(summary),
        training_cohort=_training_cohort(folder, table),
        versions={**installed_versions(PACKAGES), "vf_nnunet": __version__},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return replace(model, card=card)


def _training_cohort(folder: Path, table: Path | None) -> dict[str, Any]:
    if table is not None:
        counts = count(read_vertebra_table(table))
        return {**{name: counts[name] for name in ("cases", "patients", "vertebrae")}, "grades": counts["by_grade"]}
    dataset = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    return {"cases": dataset.get("numTraining")}


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
    """Rates for patients by the name of the operating point, without the thresholds of each fold."""
    points = (summary.get("operating_points_nested") or {}).get("patient")
    if points is None:
        return None
    return {name: {key: rate for key, rate in point.items() if key != "by_fold"} for name, point in points.items()}
