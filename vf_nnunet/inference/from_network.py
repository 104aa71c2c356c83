"""Extract the weights of a trained `DualPathwayNet`, with batch normalisation folded into the convolutions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vf_nnunet.inference.weights import Ensemble, FoldWeights, Layer
from vf_nnunet.network.dual_pathway import DualPathwayNet, PreActivatedConvolution

Array = npt.NDArray[np.float64]


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


def ensemble_of(networks: Mapping[str, DualPathwayNet]) -> Ensemble:
    """The ensemble of one or more networks of the same architecture, by fold name."""
    architecture = next(iter(networks.values())).architecture
    return Ensemble(architecture, tuple(networks), tuple(fold_weights(network) for network in networks.values()))


def fold_weights(network: DualPathwayNet) -> FoldWeights:
    """The network's layers without batch normalisation; they compute the same as the network in evaluation mode.

    With running mean m, variance v, scale g and shift b, a normalisation maps x to s (x - m) + b with
    s = g / sqrt(v + epsilon). As x is the output of a convolution, s scales the weights of that convolution and the
    rest becomes its bias, which saves one pass over memory per layer. The first 1x1x1 layer normalises the features of
    both pathways together; its channels are divided between the last convolutions of the two pathways.
    """
    normal, subsampled, classifier = (
        [_block(part) for part in parts] for parts in (network.normal, network.subsampled, network.classifier)
    )
    both = classifier[0].normalisation
    if both is None:
        raise TypeError("the first 1x1x1 layer has no normalisation")
    channels = len(normal[-1].weight)
    return FoldWeights(
        normal=_folded(normal, both[:channels]),
        subsampled=_folded(subsampled, both[channels:]),
        classifier=_folded(classifier, None),
    )


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


def _block(part: nn.Module) -> _Block:
    if isinstance(part, nn.Conv3d):
        return _Block(None, None, *_convolution(part))
    if not isinstance(part, PreActivatedConvolution):
        raise TypeError(f"{type(part).__name__} found; expected a layer of DualPathwayNet")
    normalisation, activation = cast(nn.BatchNorm3d, part[0]), cast(nn.PReLU, part[1])
    mean, variance, scale, shift = (
        _array(value)
        for value in (
            cast(Tensor, normalisation.running_mean),
            cast(Tensor, normalisation.running_var),
            normalisation.weight,
            normalisation.bias,
        )
    )
    scale = scale / np.sqrt(variance + normalisation.eps)
    return _Block(
        _Normalisation(scale, shift - scale * mean), _array(activation.weight), *_convolution(cast(nn.Conv3d, part[-1]))
    )


def _convolution(convolution: nn.Conv3d) -> tuple[Array, Array]:
    bias = np.zeros(convolution.out_channels) if convolution.bias is None else _array(convolution.bias)
    return _array(convolution.weight), bias


@torch.no_grad()
def _array(values: Tensor) -> Array:
    return values.detach().cpu().double().numpy()
