"""Check that plans and checkpoints belong to this plugin and to each other."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.names import CONFIGURATIONS, NETWORK_CLASS, PLANS, TRAINER


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
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=False)
    except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: cannot be read as a checkpoint ({first_line}); copy or train it again") from error
    return checkpoint


def check_weights(path: Path, weights: Mapping[str, Tensor], network: nn.Module) -> None:
    """Check that the weights of a checkpoint fit a network.

    torch would list every tensor; one line says that the layers' widths differ.

    Args:
        path: The checkpoint, for the message.
        weights: Its weights.
        network: The network of the plans.

    Raises:
        InputError: If they do not fit.
    """
    expected = {name: tuple(weight.shape) for name, weight in network.state_dict().items()}
    found = {name: tuple(weight.shape) for name, weight in weights.items()}
    differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if differing:
        first = differing[0]
        raise InputError(
            f"{path}: weights of another network, {len(differing)} of {len(expected)} differ: {first} is "
            f"{found.get(first, 'missing')}; expected {expected.get(first, 'none')} by the plans, whose widths or "
            "channels have changed since: restore those plans, or train anew in an empty folder"
        )
