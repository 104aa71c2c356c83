"""A trained network as plain arrays, which every backend and the export file share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """PReLU, then a valid convolution; batch normalisation is folded in.

    Attributes:
        slope: (input channels,), of the PReLU; None where the layer works on the raw image.
        weight: (output channels, input channels, z, y, x).
        bias: (output channels,).
    """

    slope: FloatArray | None
    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True)
class FoldWeights:
    """The layers of one fold's network, from the image on.

    Attributes:
        normal, subsampled: The two pathways.
        classifier: The 1x1x1 layers; the first reads the normal pathway's channels, then the subsampled one's.
    """

    normal: tuple[Layer, ...]
    subsampled: tuple[Layer, ...]
    classifier: tuple[Layer, ...]

    def classifier_by_pathway(self) -> tuple[Layer, Layer]:
        """The first 1x1x1 layer in two: the sum of its halves over either pathway's channels is the whole."""
        first = self.classifier[0]
        if first.slope is None:
            raise ValueError("the first 1x1x1 layer has no activation")
        channels = self.normal[-1].weight.shape[0]
        normal = Layer(first.slope[:channels], np.ascontiguousarray(first.weight[:, :channels]), first.bias)
        rest = np.ascontiguousarray(first.weight[:, channels:])
        return normal, Layer(first.slope[channels:], rest, np.zeros_like(first.bias))


@dataclass(frozen=True)
class Ensemble:
    """The folds of a model, of one architecture.

    Attributes:
        architecture: Arguments of `DualPathwayNet` (an entry of `ARCHITECTURES`).
        folds: Name of each fold.
        weights: Their weights, in the same order.
    """

    architecture: dict[str, Any]
    folds: tuple[str, ...]
    weights: tuple[FoldWeights, ...]

    @property
    def subsampling_factor(self) -> tuple[int, int, int]:
        """(z, y, x) factor of the subsampled pathway."""
        z, y, x = self.architecture["subsampling_factor"]
        return z, y, x

    @property
    def receptive_field(self) -> tuple[int, int, int]:
        """(z, y, x) voxels that the normal pathway sees."""
        return receptive_field(self.architecture["kernel_sizes"])

    @property
    def context(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) read on each side of what is predicted, as `DualPathwayNet.context`."""
        pairs = zip(self.subsampling_factor, self.receptive_field, strict=True)
        z, y, x = (factor * (field - 1) // 2 for factor, field in pairs)
        return z, y, x

    @property
    def block_centres(self) -> tuple[slice, slice, slice]:
        """Of an image (z, y, x) the voxels that the subsampled pathway reads."""
        z, y, x = (slice(factor // 2, None, factor) for factor in self.subsampling_factor)
        return z, y, x

    def without_surplus_context(self, shape: Sequence[int]) -> tuple[slice, slice, slice]:
        """Of an image of `shape` (z, y, x) what the normal pathway reads: it needs less context than the other."""
        cuts = (margin - field // 2 for margin, field in zip(self.context, self.receptive_field, strict=True))
        z, y, x = (slice(cut, size - cut) for cut, size in zip(cuts, shape, strict=True))
        return z, y, x

    @property
    def channels(self) -> int:
        """Of the image."""
        return int(self.weights[0].normal[0].weight.shape[1])

    @property
    def classes(self) -> int:
        """Of the probabilities."""
        return int(self.weights[0].classifier[-1].weight.shape[0])


def receptive_field(kernel_sizes: Sequence[Sequence[int]]) -> tuple[int, int, int]:
    """Voxels (z, y, x) seen by valid convolutions in a row."""
    z, y, x = (1 + sum(kernel[axis] - 1 for kernel in kernel_sizes) for axis in range(3))
    return z, y, x
