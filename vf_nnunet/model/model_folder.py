"""A trained model in nnU-Net's folder: plans, dataset description and one checkpoint per fold."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import FRACTURE_GRADE_KEY
from vf_nnunet.inference.preprocessing import plans_entries
from vf_nnunet.inference.trained_weights import Weights, folded_weights, normalisations, weight_shapes
from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.model.card import Card
from vf_nnunet.model.model import EXPECTED_MODEL, Model
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.nnunet.checkpoint_arrays import read_checkpoint_arrays
from vf_nnunet.nnunet.checks import check_origin, check_shapes
from vf_nnunet.nnunet.fold_record import check_agreement
from vf_nnunet.nnunet.folds import is_trained, usable_folders
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT, NETWORK_CLASS, class_count
from vf_nnunet.region.probe_file import read_probe


@dataclass(frozen=True)
class TrainedModel:
    """A fold ensemble as it was trained.

    Attributes:
        folds: The folds of `weights`.
        architecture: Architecture of every fold's network.
        weights: The weights of each fold's network by name.
        configuration: Name of the configuration in the plans.
        plans: The plans that nnU-Net saved with the model.
        dataset_json: The `dataset.json` that nnU-Net saved with the model.
    """

    folds: tuple[str, ...]
    architecture: Architecture
    weights: tuple[Weights, ...]
    configuration: str
    plans: dict[str, Any]
    dataset_json: dict[str, Any]


def read_model_folder(folder: Path, folds: Sequence[str] | None = None) -> Model:
    """Read the folds of a model folder.

    Args:
        folder: nnU-Net's folder of the model.
        folds: The folds to read; None reads every numbered fold whose training is finished, or the fold "all".

    Raises:
        InputError: If the folder is not a model of this plugin, a fold has no finished checkpoint, the folds were
            trained from different data or settings, or a vertebra probe does not belong to its fold.
    """
    trained = load_model(folder, folds)
    ensemble = Ensemble(trained.architecture, trained.folds, tuple(map(folded_weights, trained.weights)))
    ensemble = ensemble.with_probes(
        [
            read_probe(folder / f"fold_{fold}", weights)
            for fold, weights in zip(ensemble.folds, ensemble.weights, strict=True)
        ]
    )
    resolved = folder.resolve()
    card = Card(
        name=resolved.name,
        dataset=resolved.parent.name,
        configuration=trained.configuration,
        folds=trained.folds,
        architecture=ensemble.architecture,
        labels=trained.dataset_json["labels"],
        channel_names=trained.dataset_json["channel_names"],
        preprocessing=plans_entries(trained.plans, trained.configuration),
        fracture_grade=trained.dataset_json.get(FRACTURE_GRADE_KEY, 1),
    )
    card.check(str(folder))
    return Model(card, ensemble, dict(zip(trained.folds, map(normalisations, trained.weights), strict=True)))


def load_model(folder: Path, folds: Sequence[str] | None = None) -> TrainedModel:
    """Load the weights of a model folder.

    Checkpoints are pickles, as everywhere in nnU-Net: load only files that you trust.

    Args:
        folder: nnU-Net's folder of the model.
        folds: The folds to load; None loads those that `read_model_folder` reads.

    Raises:
        InputError: If the folder is not a model of this plugin, a fold has no finished checkpoint, or the folds were
            trained from different data or settings.
    """
    description = _read_json(folder / "dataset.json")
    plans = _read_json(folder / "plans.json")
    paths = checkpoint_paths(folder, folds)
    check_agreement([path.parent for path in paths])
    checkpoints = [read_checkpoint_arrays(path) for path in paths]
    configuration = checkpoints[0]["init_args"]["configuration"]
    planned = plans["configurations"][configuration]["architecture"]
    if planned["network_class_name"] != NETWORK_CLASS:
        raise InputError(
            f"{folder}: its network is {planned['network_class_name']}; expected {NETWORK_CLASS}, so predict "
            "with nnUNetv2_predict"
        )
    classes = class_count(description["labels"])
    architecture = Architecture.from_kwargs(planned["arch_kwargs"], str(folder / "plans.json"))
    shapes = weight_shapes(architecture, len(description["channel_names"]), classes)
    for path, checkpoint in zip(paths, checkpoints, strict=True):
        check_shapes(path, checkpoint["network_weights"], shapes)
        check_origin(path, checkpoint, plans, configuration)
    names = tuple(path.parent.name.removeprefix("fold_") for path in paths)
    weights = tuple(checkpoint["network_weights"] for checkpoint in checkpoints)
    return TrainedModel(names, architecture, weights, configuration, plans, description)


def checkpoint_paths(folder: Path, folds: Sequence[str] | None) -> list[Path]:
    """The final checkpoints of a model's folds.

    Args:
        folder: nnU-Net's folder of the model.
        folds: The folds; None gives every numbered fold whose training is finished, or the fold "all".

    Raises:
        InputError: If a fold has none, or no fold has one.
    """
    if folds is None:
        used = usable_folders(folder, is_trained)
        if not used:
            raise InputError(f"{folder}: no fold_<k>/{FINAL_CHECKPOINT}; finish training a fold with vf_nnunet train")
        return [fold / FINAL_CHECKPOINT for fold in used]
    paths = [folder / f"fold_{fold}" / FINAL_CHECKPOINT for fold in folds]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise InputError([f"{path}: missing; finish training this fold" for path in missing])
    return paths


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: missing; {EXPECTED_MODEL}")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
