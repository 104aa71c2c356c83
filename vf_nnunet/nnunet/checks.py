"""Check that plans and checkpoints belong to this plugin and to each other."""

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.names import CONFIGURATIONS, NETWORK_CLASS, PLANS, TRAINER, Fold, fold_of
from vf_nnunet.nnunet.normalisation import used_statistics

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]

USED_BY_PREDICTION = ("spacing", "normalization_schemes", "use_mask_for_norm", "architecture")
"""Entries of a planned configuration that must be the same for the training and the prediction."""


def check_plans(plans: Mapping[str, Any], configuration: str) -> None:
    """Check that the plans are this plugin's and contain the configuration.

    Args:
        plans: Content of a plans file.
        configuration: The configuration to be trained.

    Raises:
        InputError: If another planner made the plans, or the configuration is not in them.
    """
    name = plans.get("plans_name")
    configurations = plans.get("configurations", {})
    if configuration not in configurations:
        raise InputError(
            f"plans {name}: no configuration {configuration}; found {', '.join(configurations) or 'none'}, "
            f"expected one of {', '.join(CONFIGURATIONS)}"
        )
    network = configurations[configuration].get("architecture", {}).get("network_class_name")
    if network != NETWORK_CLASS:
        raise InputError(
            f"plans {name}: made by {plans.get('experiment_planner_used')} for the network {network}; {TRAINER} trains "
            f"{NETWORK_CLASS}: run vf_nnunet plan, and train with -p {PLANS}"
        )


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU.

    Checkpoints are pickles, as everywhere in nnU-Net: load only files that you trust.

    Raises:
        InputError: If the file is damaged.
    """
    import torch

    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=False)
    except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise unreadable(path, first_line) from error
    return checkpoint


def unreadable(path: Path, reason: str) -> InputError:
    """The error about a damaged checkpoint."""
    return InputError(f"{path}: cannot be read as a checkpoint ({reason}); copy or train it again")


def check_weights(path: Path, weights: Mapping[str, Any], network: "nn.Module") -> None:
    """As `check_shapes`, for a network that was built."""
    check_shapes(path, weights, {name: tuple(weight.shape) for name, weight in network.state_dict().items()})


def check_shapes(path: Path, weights: Mapping[str, Any], expected: Mapping[str, Shape]) -> None:
    """Check that the weights of a checkpoint fit a network.

    torch would list every tensor; one line says that the layers' widths differ.

    Args:
        path: The checkpoint, for the message.
        weights: Its weights, tensors or arrays.
        expected: Shapes of the weights of the network of the plans.

    Raises:
        InputError: If they do not fit.
    """
    found = {name: tuple(weight.shape) for name, weight in weights.items()}
    differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if differing:
        first = differing[0]
        raise InputError(
            f"{path}: weights of another network, {len(differing)} of {len(expected)} differ: {first} is "
            f"{found.get(first, 'missing')}; expected {expected.get(first, 'none')} by the plans, whose widths or "
            "channels have changed since: restore those plans, or train anew in an empty folder"
        )


def check_origin(path: Path, checkpoint: Mapping[str, Any], plans: Mapping[str, Any], configuration: str) -> None:
    """Check that a checkpoint was trained with the plans and the configuration that it is used with.

    What the checkpoint does not say is not checked.

    Args:
        path: The checkpoint, for the message.
        checkpoint: Its content.
        plans: The plans that it is used with.
        configuration: The configuration that it is used with.

    Raises:
        InputError: If dataset, configuration, or the part of the plans that a prediction uses differ.
    """
    begun = checkpoint.get("init_args", {})
    found, expected = begun.get("plans", {}), plans["configurations"].get(configuration, {})
    used = found.get("configurations", {}).get(configuration, {})
    pairs = {
        "configuration": (begun.get("configuration", configuration), configuration),
        "dataset": (found.get("dataset_name"), plans.get("dataset_name")),
        **{name: (used.get(name), expected.get(name)) for name in USED_BY_PREDICTION},
        "intensities": (used_statistics(found, configuration) or None, used_statistics(plans, configuration) or None),
    }
    problems = [
        f"{path}: trained with the {name} {found}; expected {expected}, as in the plans beside it: copy the checkpoint "
        "and the plans of one training"
        for name, (found, expected) in pairs.items()
        if found is not None and expected is not None and _plain(found) != _plain(expected)
    ]
    if problems:
        raise InputError(problems)


def _plain(value: Any) -> Any:
    """As JSON gives it back: tuples become lists."""
    return json.loads(json.dumps(value))


def other_fold(path: Path, checkpoint: Mapping[str, Any]) -> Fold | None:
    """The fold that a checkpoint was trained for, if its folder `fold_<k>` is another one's; None if it is not."""
    trained: Fold | None = checkpoint.get("init_args", {}).get("fold")
    return trained if trained is not None and str(trained) != str(fold_of(path.parent)) else None
