"""Compare the trained configurations: rows of the table, and the picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.labels import BACKGROUND, FRACTURE, NORMAL, LabelClasses
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.cohort.sources import find_maps_in_model
from evaluation.evaluate import evaluate
from evaluation.settings import EvaluationSettings
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.nnunet.names import CONFIGURATIONS, class_count
from vf_nnunet.planning.network_summary import summarise
from vf_nnunet.selection.result import ConfigurationResult, read_labels, read_result
from vf_nnunet.selection.split import most_fractured_case
from vf_nnunet.selection.surfaces import LabelVolume, draw_surfaces
from vf_nnunet.selection.workspace import PLANS_FILE, REFERENCES, Workspace

ANNOTATED = "annotated"


def read_results(
    workspace: Workspace, annotations: Path, output: Path, fracture_grade: int
) -> list[ConfigurationResult]:
    """Evaluate every configuration and collect its row of the table.

    Args:
        workspace: Where the configurations were trained.
        annotations: Vertebra table.
        output: The evaluations are written to `output/<configuration>`.
        fracture_grade: Lowest grade that counts as a fracture.
    """
    settings = EvaluationSettings(fracture_grade=fracture_grade, allow_unpaired=True)
    description = _read(workspace.preprocessed / "dataset.json")
    plans = _read(workspace.preprocessed / PLANS_FILE)
    classes = class_count(description["labels"])
    results = []
    for name in CONFIGURATIONS:
        maps = find_maps_in_model(workspace.model(name), [0])
        evaluation = evaluate(maps, annotations, output / name, settings)
        kwargs = plans["configurations"][name]["architecture"]["arch_kwargs"]
        architecture = Architecture.from_kwargs(kwargs, PLANS_FILE)
        parameters = summarise(architecture, len(description["channel_names"]), classes)["parameters"]
        validation = workspace.fold(name) / "validation"
        results.append(read_result(name, parameters, evaluation, validation, description["labels"]))
    return results


def choose_case(
    vertebrae: Sequence[Vertebra], held_out: Sequence[str], requested: str | None, fracture_grade: int
) -> str:
    """Choose the case to draw.

    Args:
        vertebrae: The whole cohort.
        held_out: Held-out cases.
        requested: One of them; None takes the case with the most fractures.
        fracture_grade: Lowest grade that counts as a fracture.

    Raises:
        InputError: If the requested case is not held out.
    """
    if requested is None:
        return most_fractured_case(vertebrae, held_out, fracture_grade)
    if requested not in held_out:
        raise InputError(f"case {requested}: not held out; expected one of {shortened_list(sorted(held_out), 8)}")
    return requested


def draw_case(workspace: Workspace, case: str, path: Path) -> None:
    """Draw each configuration's hard labels of a held-out case beside the annotated labels."""
    description = workspace.preprocessed / "dataset.json"
    classes = LabelClasses.from_description(_read(description), description)
    files = {ANNOTATED: workspace.preprocessed / REFERENCES, **_segmentations(workspace)}
    volumes = {name: _volume(folder / f"{case}.nii.gz", classes) for name, folder in files.items()}
    draw_surfaces(volumes, path, NORMAL, FRACTURE, title=case)


def _volume(path: Path, classes: LabelClasses) -> LabelVolume:
    """A segmentation whose grades are drawn as what they count as: normal or fracture."""
    labels, spacing = read_labels(path)
    drawn = np.full(labels.shape, BACKGROUND, np.uint8)
    drawn[np.isin(labels, classes.not_fractured)] = NORMAL
    drawn[np.isin(labels, classes.fracture)] = FRACTURE
    return LabelVolume(drawn, spacing)


def _segmentations(workspace: Workspace) -> dict[str, Path]:
    return {name: workspace.fold(name) / "validation" for name in CONFIGURATIONS}


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
