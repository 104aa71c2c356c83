"""Cost of a pass through the network, from its layer table alone: multiply-adds and bytes of activations."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from vf_nnunet.network.architecture import Architecture

GIGABYTE = 1e9
"""Bytes in a GB, everywhere in this package."""
COPIES_KEPT = 3
"""Copies of a layer's input that are kept for the gradients: batch normalisation, PReLU and the convolution each read
one."""
GRADIENT_COPIES = 15
"""Gradients and reordered copies that are alive at once in the backward pass, as copies of the largest layer's output.
Measured on a CPU: the peaks of four steps (9^3 in both precisions, 18^3, `3d_1slice`) were within 15% of
`step_bytes`."""
BYTES_OF_FLOAT32 = 4


@dataclass(frozen=True)
class Pass:
    """One convolution of one segment.

    Attributes:
        in_channels: Channels of its input.
        out_channels: Channels of its output.
        kernel_voxels: Voxels of its kernel.
        in_voxels: Voxels of the whole segment's input, on this layer's own grid.
        out_voxels: Voxels of the whole segment's output, on this layer's own grid.
        activated: Whether normalisation and PReLU precede it, as they do unless it reads the image.
        dropout: Whether dropout precedes it.
    """

    in_channels: int
    out_channels: int
    kernel_voxels: int
    in_voxels: int
    out_voxels: int
    activated: bool = True
    dropout: bool = False

    @property
    def macs(self) -> int:
        """Multiply-adds."""
        return self.in_channels * self.out_channels * self.kernel_voxels * self.out_voxels

    @property
    def kept_values(self) -> int:
        """Values that are kept for the gradients."""
        copies = (COPIES_KEPT if self.activated else 1) + (2 if self.dropout else 0)
        return copies * self.in_channels * self.in_voxels


def passes(architecture: Architecture, predicted: Sequence[int], channels: int, classes: int) -> list[Pass]:
    """The convolutions of one segment.

    Args:
        architecture: Layer table of the network.
        predicted: (z, y, x) voxels that the segment predicts.
        channels: Channels of the image.
        classes: Classes of the logits.
    """
    blocks = [-(-size // factor) for size, factor in zip(predicted, architecture.subsampling_factor, strict=True)]
    voxels = prod(predicted)
    first, second = architecture.hidden_widths
    return [
        *_pathway(architecture, predicted, channels),
        *_pathway(architecture, blocks, channels),
        Pass(2 * architecture.widths[-1], first, 1, voxels, voxels),
        Pass(first, second, 1, voxels, voxels, dropout=True),
        Pass(second, classes, 1, voxels, voxels, dropout=True),
    ]


def _pathway(architecture: Architecture, output: Sequence[int], channels: int) -> list[Pass]:
    """The convolutions of one pathway, built backwards from its output (z, y, x)."""
    widths = [channels, *architecture.widths]
    found: list[Pass] = []
    sizes = list(output)
    for layer in reversed(range(len(architecture.widths))):
        kernel = architecture.kernel_sizes[layer]
        wider = [size + side - 1 for size, side in zip(sizes, kernel, strict=True)]
        found.append(Pass(widths[layer], widths[layer + 1], prod(kernel), prod(wider), prod(sizes), layer > 0))
        sizes = wider
    return found[::-1]


def kept_bytes(found: Sequence[Pass], bytes_per_value: int) -> int:
    """Bytes of one segment's activations that the backward pass needs; the softmax of the logits is in float32."""
    last = found[-1]
    return bytes_per_value * sum(layer.kept_values for layer in found) + (
        BYTES_OF_FLOAT32 * last.out_channels * last.out_voxels
    )


def step_bytes(found: Sequence[Pass], segments: int, bytes_per_value: int) -> int:
    """Peak memory of a training step on `segments` segments: kept activations, and gradients of the largest layer."""
    largest = max(layer.out_channels * layer.out_voxels for layer in found)
    return segments * (kept_bytes(found, bytes_per_value) + GRADIENT_COPIES * bytes_per_value * largest)


def step_macs(found: Sequence[Pass], segments: int) -> int:
    """Multiply-adds of a training step: the forward pass, and twice as many for the gradients."""
    return 3 * segments * sum(layer.macs for layer in found)
