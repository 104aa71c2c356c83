"""Whether a checkpoint's weights are those of a network."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from vf_nnunet.errors import PluginError


def check_weights(path: Path, weights: Mapping[str, Tensor], network: nn.Module) -> None:
    """Raise PluginError if `weights`, of the checkpoint at `path`, do not fit `network`.

    torch would list every tensor; what a user wants to know is that the layers' widths are others.
    """
    wanted = {name: tuple(weight.shape) for name, weight in network.state_dict().items()}
    found = {name: tuple(weight.shape) for name, weight in weights.items()}
    differing = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if differing:
        first = differing[0]
        raise PluginError(
            f"{path}: weights of another network, {len(differing)} of {len(wanted)} differ: {first} is "
            f"{found.get(first, 'missing')}, the plans want {wanted.get(first, 'none')}; the plans' table of widths or "
            "channels is not the one it was trained with: restore those plans, or train anew in an empty folder"
        )
