"""Results of one configuration: a row of the paper's Table 1."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.labels import FRACTURE_NAME, GRADE_NAMES, NORMAL_NAME
from vf_nnunet.selection.compactness import component_compactness


@dataclass(frozen=True)
class Auc:
    """Area under the ROC curve of patients or of vertebrae.

    Attributes:
        value: None if it cannot be computed.
        interval: 95% bootstrap interval over patients; None if it cannot be computed.
    """

    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class ClassResult:
    """Voxels and components of one class over all held-out cases; a value is None if its denominator is 0.

    Attributes:
        dice: Over the voxels of all cases.
        precision: Over the voxels of all cases.
        recall: Over the voxels of all cases.
        components: Predicted components that are large enough for a surface.
        compactness: Median of their isoperimetric quotients.
    """

    dice: float | None
    precision: float | None
    recall: float | None
    components: int
    compactness: float | None


@dataclass(frozen=True)
class ConfigurationResult:
    """One row of the table.

    Attributes:
        configuration: Name of the configuration.
        parameters: Number of its network's parameters.
        patient: AUC of patients.
        vertebra: AUC of vertebrae.
        classes: Results by class.
    """

    configuration: str
    parameters: int
    patient: Auc
    vertebra: Auc
    classes: Mapping[str, ClassResult]


def read_result(
    configuration: str, parameters: int, evaluation: Mapping[str, Any], validation: Path, labels: Mapping[str, int]
) -> ConfigurationResult:
    """Collect the row of a configuration.

    Args:
        configuration: Name of the configuration.
        parameters: Number of its network's parameters.
        evaluation: Result of `evaluation.evaluate`.
        validation: nnU-Net's folder of the held-out segmentations and their `summary.json`.
        labels: Labels in `dataset.json`.
    """
    summary = json.loads((validation / "summary.json").read_text(encoding="utf-8"))
    compactness = predicted_compactness(validation, labels)
    patient, vertebra = evaluation["patient"], evaluation["vertebra"]
    return ConfigurationResult(
        configuration,
        parameters,
        _auc(patient["auc_hull"], patient["auc_hull_bootstrap"]),
        _auc(vertebra["auc"], vertebra["auc_bootstrap"]),
        {name: class_result(summary, labels[name], compactness[name]) for name in class_names(labels)},
    )


def class_names(labels: Mapping[str, int]) -> tuple[str, ...]:
    """The classes of vertebrae in `dataset.json`: normal and fracture, or normal and each fracture grade."""
    return (NORMAL_NAME, FRACTURE_NAME) if FRACTURE_NAME in labels else GRADE_NAMES


def class_result(summary: Mapping[str, Any], label: int, compactness: list[float]) -> ClassResult:
    """Dice, precision and recall over the voxels of all cases of nnU-Net's `summary.json`."""
    cases = [case["metrics"][str(label)] for case in summary["metric_per_case"]]
    hits, wrong, missed = (sum(case[name] for case in cases) for name in ("TP", "FP", "FN"))
    return ClassResult(
        _ratio(2 * hits, 2 * hits + wrong + missed),
        _ratio(hits, hits + wrong),
        _ratio(hits, hits + missed),
        len(compactness),
        median(compactness) if compactness else None,
    )


def predicted_compactness(validation: Path, labels: Mapping[str, int]) -> dict[str, list[float]]:
    """Isoperimetric quotients of the components in all held-out segmentations, by class."""
    found: dict[str, list[float]] = {name: [] for name in class_names(labels)}
    for path in sorted(validation.glob("*.nii.gz")):
        volume, spacing = read_labels(path)
        for name in found:
            found[name] += component_compactness(volume == labels[name], spacing)
    return found


def read_labels(path: Path) -> tuple[npt.NDArray[np.uint8], tuple[float, float, float]]:
    """Read a segmentation (z, y, x) and its spacing (z, y, x) in mm."""
    image = nibabel.load(path)
    x, y, z = (float(step) for step in image.header.get_zooms()[:3])
    return np.asarray(image.dataobj).transpose().astype(np.uint8), (z, y, x)


def _auc(value: float | None, bootstrap: Mapping[str, Any]) -> Auc:
    interval = bootstrap["ci95"]
    return Auc(value, None if interval is None else (interval[0], interval[1]))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
