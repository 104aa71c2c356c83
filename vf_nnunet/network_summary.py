"""What a network consists of: its layers, parameters, receptive fields and operations."""

from dataclasses import dataclass
from math import prod
from typing import Any

from torch import nn

from vf_nnunet.network import DualPathwayNet, build_network


@dataclass(frozen=True)
class Layer:
    """One convolution with the normalisation and activation before it.

    Attributes:
        pathway: "normal", "subsampled" or "classifier".
        kernel: (z, y, x).
        macs_per_voxel: Multiply-adds for one voxel of the output, in a volume large enough for borders not to matter.
    """

    pathway: str
    in_channels: int
    out_channels: int
    kernel: tuple[int, ...]
    parameters: int
    macs_per_voxel: float


def layers(network: DualPathwayNet) -> list[Layer]:
    """The network's convolutions in order."""
    block = prod(network.subsampling_factor)
    return [
        _layer(pathway, part, share)
        for pathway, parts, share in (
            ("normal", network.normal, 1),
            ("subsampled", network.subsampled, block),
            ("classifier", network.classifier, 1),
        )
        for part in parts
    ]


def _layer(pathway: str, part: nn.Module, voxels_each: int) -> Layer:
    convolution = part if isinstance(part, nn.Conv3d) else next(m for m in part.modules() if isinstance(m, nn.Conv3d))
    return Layer(
        pathway,
        convolution.in_channels,
        convolution.out_channels,
        tuple(convolution.kernel_size),
        sum(weight.numel() for weight in part.parameters()),
        convolution.weight.numel() / voxels_each,
    )


def summarise(arch_kwargs: dict[str, Any], channels: int = 1, classes: int = 3) -> dict[str, Any]:
    """A network's description, ready for JSON: layers, parameters, receptive fields as [z, y, x], macs_per_voxel."""
    network = build_network(arch_kwargs, channels, classes)
    table = layers(network)
    return {
        "layers": [vars(layer) | {"kernel": list(layer.kernel)} for layer in table],
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "receptive_field": {
            "normal": list(network.receptive_field),
            "subsampled": list(network.subsampled_receptive_field),
        },
        "context": list(network.context),
        "macs_per_voxel": round(sum(layer.macs_per_voxel for layer in table)),
    }
