"""What a network consists of: its layers, parameters, receptive fields and operations."""

from dataclasses import dataclass
from math import prod
from typing import Any

from torch import nn

from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.memory import working_bytes
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.cost import passes, step_bytes
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network
from vf_nnunet.planning.segment_plan import BATCH_SIZE, PREDICTED_VOXELS

BYTES_PER_VALUE = {"float32": 4, "half_precision": 2}
TILE_VOXELS = 60
"""Side of the tile for which the memory is given."""


@dataclass(frozen=True)
class LayerSummary:
    """One convolution with the normalisation and activation before it.

    Attributes:
        pathway: "normal", "subsampled" or "classifier".
        in_channels: Channels of its input.
        out_channels: Channels of its output.
        kernel: (z, y, x) voxels.
        parameters: Trained numbers, those of the normalisation and activation included.
        macs_per_voxel: Multiply-adds per voxel of the network's output, in a volume so large that borders are
            negligible.
    """

    pathway: str
    in_channels: int
    out_channels: int
    kernel: tuple[int, ...]
    parameters: int
    macs_per_voxel: float


def layers(network: DualPathwayNet) -> list[LayerSummary]:
    """The network's convolutions in order."""
    block = prod(network.architecture.subsampling_factor)
    return [
        _layer(pathway, part, share)
        for pathway, parts, share in (
            ("normal", network.normal, 1),
            ("subsampled", network.subsampled, block),
            ("classifier", network.classifier, 1),
        )
        for part in parts
    ]


def _layer(pathway: str, part: nn.Module, block_voxels: int) -> LayerSummary:
    convolution = part if isinstance(part, nn.Conv3d) else next(m for m in part.modules() if isinstance(m, nn.Conv3d))
    return LayerSummary(
        pathway,
        convolution.in_channels,
        convolution.out_channels,
        tuple(convolution.kernel_size),
        sum(weight.numel() for weight in part.parameters()),
        convolution.weight.numel() / block_voxels,
    )


def summarise(architecture: Architecture, channels: int = 1, classes: int = 3) -> dict[str, Any]:
    """Describe a network for JSON.

    Args:
        architecture: Layer table of the network.
        channels: Channels of the image.
        classes: Classes of the logits.

    Returns:
        `layers`, `parameters`, `receptive_field` and `context` as [z, y, x], `macs_per_voxel`, and `memory`: bytes of a
        training step and of a predicted tile in both precisions.
    """
    network = build_network(architecture, channels, classes)
    table = layers(network)
    return {
        "layers": [vars(layer) | {"kernel": list(layer.kernel)} for layer in table],
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "receptive_field": {
            "normal": list(architecture.receptive_field),
            "subsampled": list(architecture.subsampled_receptive_field),
        },
        "context": list(architecture.context),
        "macs_per_voxel": round(sum(layer.macs_per_voxel for layer in table)),
        "memory": _memory(network),
    }


def _memory(network: DualPathwayNet) -> dict[str, Any]:
    ensemble = ensemble_of({"0": network})
    segment = passes(network.architecture, [PREDICTED_VOXELS] * 3, ensemble.channels, ensemble.classes)
    tile = [TILE_VOXELS] * 3
    return {
        "training_step": {
            "segments": BATCH_SIZE,
            "segment": list(network.architecture.segment_size(PREDICTED_VOXELS)),
            **{name: step_bytes(segment, BATCH_SIZE, size) for name, size in BYTES_PER_VALUE.items()},
        },
        "tile": {
            "predicted": tile,
            **{name: working_bytes(ensemble, tile, size) for name, size in BYTES_PER_VALUE.items()},
        },
    }
