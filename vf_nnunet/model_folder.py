"""A trained model as nnU-Net keeps it: plans, dataset description and a checkpoint a fold."""

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from nnunetv2.utilities.label_handling.label_handling import determine_num_input_channels
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager

from vf_nnunet.checkpoint_check import check_weights
from vf_nnunet.errors import PluginError
from vf_nnunet.names import NETWORK_CLASS
from vf_nnunet.network import DualPathwayNet, build_network

CHECKPOINT = "checkpoint_final.pth"


@dataclass(frozen=True)
class TrainedModel:
    """A fold ensemble, ready to predict.

    Attributes:
        folder: `nnUNet_results/<dataset>/<trainer>__<plans>__<configuration>`.
        folds: The folds of `networks`.
        networks: One network a fold, in evaluation mode.
        plans, configuration, dataset_json: As nnU-Net saved them with the model.
    """

    folder: Path
    folds: tuple[str, ...]
    networks: tuple[DualPathwayNet, ...]
    plans: PlansManager
    configuration: ConfigurationManager
    dataset_json: dict[str, Any]


def load_model(folder: Path, device: torch.device, folds: Sequence[str] | None = None) -> TrainedModel:
    """The folds of a model folder; by default all that are trained to the end.

    Checkpoints are pickles, as everywhere in nnU-Net: load only files you trust.

    Raises:
        PluginError: If the folder is not a model of this plugin, or a fold has no finished checkpoint.
    """
    description = _read_json(folder / "dataset.json")
    plans = PlansManager(_read_json(folder / "plans.json"))
    checkpoints = [_load_checkpoint(path, device) for path in _checkpoint_paths(folder, folds)]
    configuration = plans.get_configuration(checkpoints[0]["init_args"]["configuration"])
    if configuration.network_arch_class_name != NETWORK_CLASS:
        raise PluginError(
            f"{folder}: its network is {configuration.network_arch_class_name}, wanted {NETWORK_CLASS}; "
            "predict with nnUNetv2_predict"
        )
    channels = determine_num_input_channels(plans, configuration, description)
    classes = plans.get_label_manager(description).num_segmentation_heads
    networks = []
    for path, checkpoint in zip(_checkpoint_paths(folder, folds), checkpoints, strict=True):
        network = build_network(configuration.network_arch_init_kwargs, channels, classes)
        check_weights(path, checkpoint["network_weights"], network)
        network.load_state_dict(checkpoint["network_weights"])
        networks.append(network.to(device).eval())
    names = tuple(path.parent.name.removeprefix("fold_") for path in _checkpoint_paths(folder, folds))
    return TrainedModel(folder, names, tuple(networks), plans, configuration, description)


def _checkpoint_paths(folder: Path, folds: Sequence[str] | None) -> list[Path]:
    if folds is None:
        paths = sorted(path for path in folder.glob(f"fold_[0-9]*/{CHECKPOINT}"))
        if not paths:
            raise PluginError(f"{folder}: no fold_<k>/{CHECKPOINT}; train a fold to its end with vf_nnunet train")
        return paths
    paths = [folder / f"fold_{fold}" / CHECKPOINT for fold in folds]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise PluginError("\n".join(f"{path}: missing; train this fold to its end" for path in missing))
    return paths


def _load_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location=device, weights_only=False)
    except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PluginError(f"{path}: cannot be read as a checkpoint ({first_line}); copy or train it again") from error
    return checkpoint


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise PluginError(
            f"{path}: missing; -m wants a trained model, nnUNet_results/<dataset>/<trainer>__<plans>__<configuration>"
        )
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
