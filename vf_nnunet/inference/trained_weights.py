"""The weights of a trained network by name, without torch: their shapes, and the layers without batch normalisation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vf_nnunet.inference.weights import FoldWeights, Layer
from vf_nnunet.network.architecture import Architecture

Array = npt.NDArray[np.float64]
Shape = tuple[int, ...]
Weights = Mapping[str, npt.NDArray[Any]]
"""Arrays by the names that torch gives them, such as `normal.1.0.running_mean`."""

EPSILON = 1e-5
"""torch's default of batch normalisation."""
NORMALISATION, ACTIVATION = "0", "1"
"""Names of the first two parts of a layer; the convolution is the last one."""
CONVOLUTION_AXES = 5
"""Axes of the weight of a convolution, by which it is told from the other parts of a layer."""


@dataclass(frozen=True)
class _Normalisation:
    """x -> scale x + shift, with one value per channel."""

    scale: Array
    shift: Array

    def __getitem__(self, channels: slice) -> "_Normalisation":
        return _Normalisation(self.scale[channels], self.shift[channels])


@dataclass(frozen=True)
class _Block:
    """A layer as it was trained; the first one of a pathway has neither normalisation nor slope."""

    normalisation: _Normalisation | None
    slope: Array | None
    weight: Array
    bias: Array


def weight_shapes(architecture: Architecture, channels: int, classes: int) -> dict[str, Shape]:
    """The shape of each weight of a `DualPathwayNet`.

    Args:
        architecture: Layer table of the network.
        channels: Channels of the image.
        classes: Classes of the logits.
    """
    first, second = architecture.hidden_widths
    widths, kernels = architecture.widths, architecture.kernel_sizes
    shapes: dict[str, Shape] = {}
    for pathway in ("normal", "subsampled"):
        shapes[f"{pathway}.0.weight"] = (widths[0], channels, *kernels[0])
        for number, (before, after, kernel) in enumerate(zip(widths, widths[1:], kernels[1:], strict=False), start=1):
            shapes |= _layer_shapes(f"{pathway}.{number}", (after, before, *kernel), convolution=2)
    point = (1, 1, 1)
    shapes |= _layer_shapes("classifier.0", (first, 2 * widths[-1], *point), convolution=2)
    shapes |= _layer_shapes("classifier.1", (second, first, *point), convolution=3)
    shapes |= _layer_shapes("classifier.2", (classes, second, *point), convolution=3)
    return {**shapes, "classifier.2.3.bias": (classes,)}


def _layer_shapes(name: str, weight: Shape, convolution: int) -> dict[str, Shape]:
    """Shapes of normalisation, PReLU and convolution, which is part number `convolution` of the layer."""
    channels = weight[1:2]
    normalisation = f"{name}.{NORMALISATION}"
    per_channel = (
        *(f"{normalisation}.{part}" for part in ("weight", "bias", "running_mean", "running_var")),
        f"{name}.{ACTIVATION}.weight",
    )
    return {
        **dict.fromkeys(per_channel, channels),
        f"{normalisation}.num_batches_tracked": (),
        f"{name}.{convolution}.weight": weight,
    }


def folded_weights(weights: Weights) -> FoldWeights:
    """The layers of a network without batch normalisation; they compute the same as the network in evaluation mode.

    With running mean m, variance v, scale g and shift b, a normalisation maps x to s (x - m) + b with
    s = g / sqrt(v + epsilon). As x is the output of a convolution, s scales the weights of that convolution and the
    rest becomes its bias, which saves one pass over memory per layer. The first 1x1x1 layer normalises the features of
    both pathways together; its channels are divided between the last convolutions of the two pathways.

    Args:
        weights: As `weight_shapes` lists them.
    """
    normal, subsampled, classifier = (_blocks(weights, part) for part in ("normal", "subsampled", "classifier"))
    both = classifier[0].normalisation
    if both is None:
        raise TypeError("the first 1x1x1 layer has no normalisation")
    channels = len(normal[-1].weight)
    return FoldWeights(
        normal=_folded(normal, both[:channels]),
        subsampled=_folded(subsampled, both[channels:]),
        classifier=_folded(classifier, None),
    )


def _blocks(weights: Weights, part: str) -> list[_Block]:
    """The layers of a part of the network, in order."""
    numbers = {int(name.split(".")[1]) for name in weights if name.startswith(f"{part}.")}
    return [_block(weights, f"{part}.{number}") for number in sorted(numbers)]


def _block(weights: Weights, name: str) -> _Block:
    (convolution,) = (
        found.removesuffix(".weight")
        for found, values in weights.items()
        if found.startswith(f"{name}.") and values.ndim == CONVOLUTION_AXES
    )
    weight = weights[f"{convolution}.weight"].astype(np.float64)
    bias = weights.get(f"{convolution}.bias", np.zeros(len(weight))).astype(np.float64)
    if convolution == name:
        return _Block(None, None, weight, bias)
    mean, variance, scale, shift = (
        weights[f"{name}.{NORMALISATION}.{part}"].astype(np.float64)
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    scale = scale / np.sqrt(variance + EPSILON)
    slope = weights[f"{name}.{ACTIVATION}.weight"].astype(np.float64)
    return _Block(_Normalisation(scale, shift - scale * mean), slope, weight, bias)


def _folded(blocks: Sequence[_Block], after: _Normalisation | None) -> tuple[Layer, ...]:
    """Fold into each layer the normalisation that follows it; the last layer is followed by `after`."""
    following = [*(block.normalisation for block in blocks[1:]), after]
    return tuple(_layer(block, normalisation) for block, normalisation in zip(blocks, following, strict=True))


def _layer(block: _Block, after: _Normalisation | None) -> Layer:
    weight, bias = block.weight, block.bias
    if after is not None:
        weight = weight * after.scale[:, None, None, None, None]
        bias = bias * after.scale + after.shift
    slope = None if block.slope is None else block.slope.astype(np.float32)
    return Layer(slope, weight.astype(np.float32), bias.astype(np.float32))
