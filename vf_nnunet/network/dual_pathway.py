"""The dual-pathway network of Nicolaes et al. 2019 (DeepMedic's layout: Kamnitsas et al. 2017)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vf_nnunet.network.activation import ChannelPReLU
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.dropout import ByteDropout
from vf_nnunet.network.foreign_trainer import refuse_foreign_trainer
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
    """Valid convolutions; the first reads the raw intensities, without normalisation or activation."""
    first = _convolution(in_channels, widths[0], kernel_sizes[0])
    others = [
        PreActivatedConvolution(before, after, kernel)
        for before, after, kernel in zip(widths, widths[1:], kernel_sizes[1:], strict=False)
    ]
    return nn.Sequential(first, *others)


class DualPathwayNet(nn.Module):
    """Eleven layers: eight convolutions in a normal and in a subsampled pathway, two 1x1x1 layers, one classifier.

    The subsampled pathway sees every `subsampling_factor`-th voxel (without smoothing, as in DeepMedic), taken at the
    centre of each block of factor^3 voxels. Its output is repeated over that block, so its phase is symmetric.
    DeepMedic takes the block's first voxel, which shifts that pathway by one voxel.

    Convolutions are valid: `Architecture.context` voxels on each side of the input are read and not predicted. Two
    modes:

    - valid (`deep_supervision = True`, nnU-Net's flag for training): the sizes of the input (N, C, z, y, x) must be
      multiples of the subsampling factor; returns a list with one tensor of logits (N, classes, z - 2 context_z, ...).
    - same (`deep_supervision = False`, nnU-Net's flag for inference): the input may have any size. It is reflected at
      its borders, and the logits have its size.

    Logits are float32 whatever the autocast precision.

    nnU-Net constructs it from the plans' `arch_kwargs`; our own code uses `build_network`.

    Args:
        input_channels: Channels of the image, given by nnU-Net from the dataset.
        num_classes: Classes of the logits, given by nnU-Net from the dataset.
        widths: See `Architecture`.
        kernel_sizes: See `Architecture`.
        hidden_widths: See `Architecture`.
        subsampling_factor: See `Architecture`.
        deep_supervision: False. True is how one of nnU-Net's own trainers asks for a network to train; their losses do
            not fit the valid mode.

    Raises:
        InputError: If the architecture is malformed, or another trainer than this plugin's would train the network. In
            the latter case it is shown as one line.
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
        if deep_supervision:
            refuse_foreign_trainer()
        super().__init__()
        self.architecture = Architecture.from_kwargs(
            {
                "widths": widths,
                "kernel_sizes": kernel_sizes,
                "hidden_widths": hidden_widths,
                "subsampling_factor": subsampling_factor,
            }
        )
        self.num_classes = num_classes
        self.deep_supervision = False
        self.normal = _pathway(input_channels, widths, kernel_sizes)
        self.subsampled = _pathway(input_channels, widths, kernel_sizes)
        first, second = hidden_widths
        self.classifier = nn.Sequential(
            PreActivatedConvolution(2 * widths[-1], first, (1, 1, 1)),
            PreActivatedConvolution(first, second, (1, 1, 1), dropout=True),
            PreActivatedConvolution(second, num_classes, (1, 1, 1), dropout=True, bias=True),
        )
        self.apply(self.initialize)

    def set_dropout(self, rate: float) -> None:
        """Set the dropout before the second 1x1x1 layer and the classifier, as in DeepMedic; 0 in a new network."""
        for module in self.modules():
            if isinstance(module, ByteDropout):
                module.set_rate(rate)

    def set_normalisation_momentum(self, momentum: float) -> None:
        """Set the weight of a new batch in the running statistics; 0.1 in a new network."""
        for module in self.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.momentum = momentum

    @staticmethod
    def initialize(module: nn.Module) -> None:
        """Initialise a convolution by He: N(0, sqrt(2 / fan in)), DeepMedic's ("fanIn", 2)."""
        if isinstance(module, nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Logits of `image` (N, C, z, y, x) in the network's current mode (see the class)."""
        return [self.valid_logits(image)] if self.deep_supervision else self.same_logits(image)

    def valid_logits(self, image: Tensor) -> Tensor:
        """Logits of the voxels with full context: (N, C, z, y, x) -> (N, classes, z - 2 context_z, ...).

        Raises:
            ValueError: If a size is not a multiple of the subsampling factor or leaves nothing to predict.
        """
        shape = tuple(image.shape[2:])
        factors, context = self.architecture.subsampling_factor, self.architecture.context
        for size, factor, margin in zip(shape, factors, context, strict=True):
            if size % factor or size <= 2 * margin:
                raise ValueError(
                    f"input of {shape} voxels: every size must be a multiple of {factors} and larger than twice the "
                    f"context {context}"
                )
        normal = self.normal(image[:, :, *self.architecture.without_surplus_context(shape)])
        subsampled = self.subsampled(image[:, :, *self.architecture.block_centres])
        upsampled = functional.interpolate(subsampled, size=tuple(normal.shape[2:]), mode="nearest")
        logits: Tensor = self.classifier(torch.cat((normal, upsampled), dim=1))
        return logits.float()

    def same_logits(self, image: Tensor) -> Tensor:
        """Logits of every voxel, with reflected borders: (N, C, z, y, x) -> (N, classes, z, y, x)."""
        shape = tuple(image.shape[2:])
        factors, context = self.architecture.subsampling_factor, self.architecture.context
        for axis, (size, factor, margin) in enumerate(zip(shape, factors, context, strict=True)):
            whole_blocks = -(-size // factor) * factor
            indices = reflected_indices(-margin, whole_blocks + margin, size)
            image = image.index_select(axis + 2, torch.as_tensor(indices, device=image.device))
        z, y, x = shape
        return self.valid_logits(image)[:, :, :z, :y, :x]


def build_network(
    architecture: Architecture, input_channels: int, num_classes: int, valid: bool = False
) -> DualPathwayNet:
    """A network with new weights, in its valid mode if `valid`."""
    network = DualPathwayNet(input_channels, num_classes, **architecture.to_kwargs())
    network.deep_supervision = valid
    return network
