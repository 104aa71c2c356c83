"""Batch normalisation folded into the convolutions before it, for inference."""

import copy
from typing import cast

import torch
from torch import Tensor, nn

from vf_nnunet.network import DualPathwayNet, PreActivatedConvolution


@torch.no_grad()
def fold_normalisation(network: DualPathwayNet) -> DualPathwayNet:
    """A copy of `network` for inference that computes the same logits without its batch normalisations.

    With running mean m, variance v, scale g and shift b, a normalisation maps x to s (x - m) + b with
    s = g / sqrt(v + epsilon). As x is a convolution's output, s scales that convolution's weights and the rest is its
    bias: one pass over memory less for each layer. The first of the two 1x1x1 layers normalises both pathways' features
    together; each pathway's last convolution takes its own channels, since repeating voxels leaves channels apart.
    """
    folded = copy.deepcopy(network).eval()
    for pathway in (folded.normal, folded.subsampled):
        for before, after in zip(pathway, list(pathway)[1:], strict=False):
            _fold(_convolution(before), *_take_normalisation(after))
    first, *others = folded.classifier
    scale, shift = _take_normalisation(first)
    normal_channels = _convolution(folded.normal[-1]).out_channels
    _fold(_convolution(folded.normal[-1]), scale[:normal_channels], shift[:normal_channels])
    _fold(_convolution(folded.subsampled[-1]), scale[normal_channels:], shift[normal_channels:])
    for before, after in zip([first, *others], others, strict=False):
        _fold(_convolution(before), *_take_normalisation(after))
    return folded


def _convolution(layer: nn.Module) -> nn.Conv3d:
    """The layer itself in a pathway's first place, the last part of a block elsewhere."""
    convolution = layer[-1] if isinstance(layer, PreActivatedConvolution) else layer
    if not isinstance(convolution, nn.Conv3d):
        raise TypeError(f"{type(convolution).__name__} where a convolution was expected")
    return convolution


def _take_normalisation(block: nn.Module) -> tuple[Tensor, Tensor]:
    """Remove a block's normalisation and return it as x -> scale x + shift, one value a channel."""
    if not isinstance(block, PreActivatedConvolution):
        raise TypeError(f"{type(block).__name__} where a block with a normalisation was expected")
    normalisation = cast(nn.BatchNorm3d, block[0])
    mean, variance = cast(Tensor, normalisation.running_mean), cast(Tensor, normalisation.running_var)
    scale = normalisation.weight / torch.sqrt(variance + normalisation.eps)
    block[0] = nn.Identity()
    return scale, normalisation.bias - scale * mean


def _fold(convolution: nn.Conv3d, scale: Tensor, shift: Tensor) -> None:
    convolution.weight.mul_(scale.view(-1, 1, 1, 1, 1))
    bias = shift if convolution.bias is None else scale * convolution.bias + shift
    convolution.bias = nn.Parameter(bias)
