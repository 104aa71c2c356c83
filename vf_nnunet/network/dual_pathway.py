"""The dual-pathway network of Nicolaes et al. 2019 (DeepMedic's layout: Kamnitsas et al. 2017)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vf_nnunet.network.activation import ChannelPReLU
from vf_nnunet.network.dropout import ByteDropout
from vf_nnunet.network.reflection import reflected_indices


class PreActivatedConvolution(nn.Sequential):
    """Batch normalisation, PReLU, dropout, then a valid convolution (He et al. 2016, in DeepMedic's order)."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sequence[int], dropout: bool = False, bias: bool = False
    ) -> None:
        layers: list[nn.Module] = [
            nn.BatchNorm3d(in_channels),
            ChannelPReLU(in_channels, init=0.01),
        ]
        if dropout:
            layers.append(ByteDropout())
        layers.append(_convolution(in_channels, out_channels, kernel_size, bias))
        super().__init__(*layers)


def _convolution(in_channels: int, out_channels: int, kernel_size: Sequence[int], bias: bool = False) -> nn.Conv3d:
    z, y, x = kernel_size
    return nn.Conv3d(in_channels, out_channels, (z, y, x), bias=bias)


def _pathway(in_channels: int, widths: Sequence[int], kernel_sizes: Sequence[Sequence[int]]) -> nn.Sequential:
    """Eight valid convolutions; the first works on the raw intensities, without normalisation or activation."""
    first = _convolution(in_channels, widths[0], kernel_sizes[0])
    others = [
        PreActivatedConvolution(before, after, kernel)
        for before, after, kernel in zip(widths, widths[1:], kernel_sizes[1:], strict=False)
    ]
    return nn.Sequential(first, *others)


class DualPathwayNet(nn.Module):
    """Eleven layers: eight convolutions in a normal and in a subsampled pathway, two 1x1x1 layers, one classifier.

    The subsampled pathway sees every `subsampling_factor`-th voxel (no smoothing, as in DeepMedic), taken at the
    centre of each block of factor^3 voxels, and its output is repeated over that block. The phase is therefore
    symmetric; DeepMedic centred it on the block's first voxel, which shifts that pathway by one voxel.

    Convolutions are valid: `context` voxels on each side of the input are read and not predicted. Two modes:

    - valid (`deep_supervision=True`, nnU-Net's flag for training): input (N, C, z, y, x) with sizes that are
      multiples of the subsampling factor; returns a list with one tensor of logits (N, classes, z - 2 context_z, ...).
    - same (`deep_supervision=False`, nnU-Net's flag for inference): any size; the input is reflected at its borders and
      the logits have its size.

    Logits are float32 whatever the autocast precision.

    Args:
        input_channels, num_classes: Given by nnU-Net from the dataset.
        widths: Feature maps of the convolutions of either pathway.
        kernel_sizes: One (z, y, x) kernel for each of them.
        hidden_widths: Feature maps of the two 1x1x1 layers.
        subsampling_factor: (z, y, x) factor of the subsampled pathway; odd, so that a block has a centre.
    """

    def __init__(
        self,
        input_channels: int,
        num_classes: int,
        *,
        widths: Sequence[int],
        kernel_sizes: Sequence[Sequence[int]],
        hidden_widths: Sequence[int],
        subsampling_factor: Sequence[int],
        deep_supervision: bool = False,
    ) -> None:
        super().__init__()
        if len(widths) != len(kernel_sizes):
            raise ValueError(
                f"{len(widths)} widths but {len(kernel_sizes)} kernel sizes; give one kernel for each width"
            )
        if any(factor % 2 == 0 for factor in subsampling_factor):
            raise ValueError(f"subsampling_factor {list(subsampling_factor)}: every factor must be odd")
        self.subsampling_factor = tuple(subsampling_factor)
        self.receptive_field = tuple(1 + sum(kernel[axis] - 1 for kernel in kernel_sizes) for axis in range(3))
        self.num_classes = num_classes
        self.deep_supervision = deep_supervision
        self.normal = _pathway(input_channels, widths, kernel_sizes)
        self.subsampled = _pathway(input_channels, widths, kernel_sizes)
        first, second = hidden_widths
        self.classifier = nn.Sequential(
            PreActivatedConvolution(2 * widths[-1], first, (1, 1, 1)),
            PreActivatedConvolution(first, second, (1, 1, 1), dropout=True),
            PreActivatedConvolution(second, num_classes, (1, 1, 1), dropout=True, bias=True),
        )
        self.apply(self.initialize)

    @property
    def context(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) read on each side of what is predicted: 24 for a field of 17 at a third of the grid."""
        z, y, x = (f * (field - 1) // 2 for f, field in zip(self.subsampling_factor, self.receptive_field, strict=True))
        return z, y, x

    @property
    def subsampled_receptive_field(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) of the blocks that the subsampled pathway's receptive field covers: 51 = 3 x 17."""
        z, y, x = (f * field for f, field in zip(self.subsampling_factor, self.receptive_field, strict=True))
        return z, y, x

    def set_dropout(self, rate: float) -> None:
        """Dropout before the second 1x1x1 layer and before the classifier, where DeepMedic has it; 0 when built."""
        for module in self.modules():
            if isinstance(module, ByteDropout):
                module.set_rate(rate)

    def set_normalisation_momentum(self, momentum: float) -> None:
        """Weight of a new batch in the running statistics; 0.1 when built."""
        for module in self.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.momentum = momentum

    @staticmethod
    def initialize(module: nn.Module) -> None:
        """He initialisation N(0, sqrt(2 / fan in)) of every convolution, as DeepMedic's ("fanIn", 2)."""
        if isinstance(module, nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Logits of `image` in the network's mode (see the class)."""
        return [self.valid_logits(image)] if self.deep_supervision else self.same_logits(image)

    def valid_logits(self, image: Tensor) -> Tensor:
        """Logits of the voxels with full context: (N, C, z, y, x) -> (N, classes, z - 2 context_z, ...).

        Raises:
            ValueError: If a size is not a multiple of the subsampling factor or leaves nothing to predict.
        """
        shape = tuple(image.shape[2:])
        for size, factor, margin in zip(shape, self.subsampling_factor, self.context, strict=True):
            if size % factor or size <= 2 * margin:
                raise ValueError(
                    f"input of {shape} voxels: every size must be a multiple of {self.subsampling_factor} "
                    f"and larger than twice the context {self.context}"
                )
        normal = self.normal(self._without_surplus_context(image))
        subsampled = self.subsampled(self._block_centres(image))
        upsampled = functional.interpolate(subsampled, size=tuple(normal.shape[2:]), mode="nearest")
        logits: Tensor = self.classifier(torch.cat((normal, upsampled), dim=1))
        return logits.float()

    def same_logits(self, image: Tensor) -> Tensor:
        """Logits of every voxel: (N, C, z, y, x) -> (N, classes, z, y, x), the borders reflected."""
        shape = tuple(image.shape[2:])
        for axis, (size, factor, margin) in enumerate(zip(shape, self.subsampling_factor, self.context, strict=True)):
            whole_blocks = -(-size // factor) * factor
            indices = reflected_indices(-margin, whole_blocks + margin, size)
            image = image.index_select(axis + 2, torch.as_tensor(indices, device=image.device))
        z, y, x = shape
        return self.valid_logits(image)[:, :, :z, :y, :x]

    def _without_surplus_context(self, image: Tensor) -> Tensor:
        """The normal pathway needs half a receptive field of context, less than the subsampled one."""
        surplus = [margin - (field - 1) // 2 for margin, field in zip(self.context, self.receptive_field, strict=True)]
        z, y, x = (slice(cut, size - cut) for cut, size in zip(surplus, image.shape[2:], strict=True))
        return image[:, :, z, y, x]

    def _block_centres(self, image: Tensor) -> Tensor:
        z, y, x = (slice(factor // 2, None, factor) for factor in self.subsampling_factor)
        return image[:, :, z, y, x]


def build_network(
    arch_kwargs: dict[str, Any], input_channels: int, num_classes: int, valid: bool = False
) -> DualPathwayNet:
    """The network that the plans' `arch_kwargs` describe."""
    return DualPathwayNet(input_channels, num_classes, deep_supervision=valid, **arch_kwargs)
