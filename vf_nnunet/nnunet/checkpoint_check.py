"""Checkpoints that can be read, and whose weights are those of a network."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dataset_conversion.spine.errors import InputError


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint, on the CPU.

    Checkpoints are pickles, as everywhere in nnU-Net: load only files you trust.

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
    """Raise InputError if `weights`, of the checkpoint at `path`, do not fit `network`.

    torch would list every tensor; what a user wants to know is that the layers' widths are others.
    """
    wanted = {name: tuple(weight.shape) for name, weight in network.state_dict().items()}
    found = {name: tuple(weight.shape) for name, weight in weights.items()}
    differing = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if differing:
        first = differing[0]
        raise InputError(
            f"{path}: weights of another network, {len(differing)} of {len(wanted)} differ: {first} is "
            f"{found.get(first, 'missing')}, the plans want {wanted.get(first, 'none')}; the plans' table of widths or "
            "channels is not the one it was trained with: restore those plans, or train anew in an empty folder"
        )
