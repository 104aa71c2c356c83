"""The weights of a trained network by name, without torch: their shapes, and the layers without batch normalisation.

Batch normalisation is folded into the convolutions for predictions, and unfolded for a training that begins with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vf_nnunet.inference.weights import FloatArray, FoldWeights, Layer
from vf_nnunet.network.architecture import Architecture

Array = npt.NDArray[np.float64]
Shape = tuple[int, ...]
Weights = Mapping[str, npt.NDArray[Any]]
"""Arrays by the names that torch gives them, such as `normal.1.0.running_mean`."""

EPSILON = 1e-5
"""torch's default of batch normalisation."""
NORMALISATION, ACTIVATION = "0", "1"
"""Names of the first two parts of a layer; the convolution is the last one."""
PARAMETERS = ("weight", "bias", "running_mean", "running_var")
"""Arrays of a batch normalisation that its result depends on."""
COUNTER = "num_batches_tracked"
"""A number of a batch normalisation that nothing depends on here, because its momentum is given."""
CONVOLUTION_AXES = 5
"""Axes of the weight of a convolution, by which it is told from the other parts of a layer."""
NORMALISATION_DEPTH = 3
"""Dots in the name of an array of a normalisation, such as `normal.1.0.bias`."""


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
        *(f"{normalisation}.{part}" for part in PARAMETERS),
        f"{name}.{ACTIVATION}.weight",
    )
    return {
        **dict.fromkeys(per_channel, channels),
        f"{normalisation}.{COUNTER}": (),
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
    slope = weights[f"{name}.{ACTIVATION}.weight"].astype(np.float64)
    return _Block(_normalisation(weights, name), slope, weight, bias)


def _normalisation(weights: Weights, layer: str) -> _Normalisation:
    scale, shift, mean, variance = (
        weights[f"{layer}.{NORMALISATION}.{part}"].astype(np.float64) for part in PARAMETERS
    )
    scale = scale / np.sqrt(variance + EPSILON)
    return _Normalisation(scale, shift - scale * mean)


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


def normalisations(weights: Weights) -> dict[str, FloatArray]:
    """The arrays of batch normalisation, which `folded_weights` leaves out, by the names that torch gives them.

    Args:
        weights: As `weight_shapes` lists them.
    """
    ends = tuple(f".{NORMALISATION}.{part}" for part in PARAMETERS)
    # The first convolution of a pathway, such as `normal.0.weight`, is no part of a layer.
    return {
        name: values.astype(np.float32)
        for name, values in weights.items()
        if name.endswith(ends) and name.count(".") == NORMALISATION_DEPTH
    }


def unfolded_weights(fold: FoldWeights, folded: Weights) -> dict[str, npt.NDArray[Any]]:
    """The weights of a network, from its layers and the batch normalisation that was folded into them.

    They are those that the network was trained with, to the last digits of float32.

    Args:
        fold: From `folded_weights`.
        folded: From `normalisations`.

    Raises:
        KeyError: If an array of a normalisation is missing.
    """
    both, channels = _normalisation(folded, "classifier.0"), len(fold.normal[-1].weight)
    weights: dict[str, npt.NDArray[Any]] = dict(folded)
    weights |= _unfolded("normal", fold.normal, folded, both[:channels])
    weights |= _unfolded("subsampled", fold.subsampled, folded, both[channels:])
    weights |= _unfolded("classifier", fold.classifier, folded, None)
    layers = {name.rpartition(".")[0] for name in folded}
    return weights | {f"{layer}.{COUNTER}": np.array(0, np.int64) for layer in layers}


def _unfolded(
    part: str, layers: Sequence[Layer], folded: Weights, after: _Normalisation | None
) -> dict[str, npt.NDArray[Any]]:
    """The convolutions and slopes of a part of the network, of whose layers the last is followed by `after`."""
    following = [*(_normalisation(folded, f"{part}.{number}") for number in range(1, len(layers))), after]
    weights: dict[str, npt.NDArray[Any]] = {}
    for number, (layer, normalisation) in enumerate(zip(layers, following, strict=True)):
        name = f"{part}.{number}"
        convolution = f"{name}.{_convolution_part(part, number)}" if layer.slope is not None else name
        weight = layer.weight.astype(np.float64)
        if normalisation is None:
            weights[f"{convolution}.bias"] = layer.bias
        else:
            scale = normalisation.scale[:, None, None, None, None]
            # A channel of scale 0 is not used; its weights are unknown.
            weight = np.divide(weight, scale, out=np.zeros_like(weight), where=scale != 0)
        weights[f"{convolution}.weight"] = weight.astype(np.float32)
        if layer.slope is not None:
            weights[f"{name}.{ACTIVATION}.weight"] = layer.slope
    return weights


def _convolution_part(part: str, number: int) -> int:
    """Which part of a layer its convolution is: after the dropout in the last two layers, otherwise in its place."""
    return 3 if part == "classifier" and number > 0 else 2
