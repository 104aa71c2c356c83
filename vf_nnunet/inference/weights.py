"""A trained network as plain arrays, which every backend and the export file share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vf_nnunet.network.architecture import Architecture

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
        architecture: Of every fold's network.
        folds: Name of each fold.
        weights: Their weights, in the same order.
    """

    architecture: Architecture
    folds: tuple[str, ...]
    weights: tuple[FoldWeights, ...]

    @property
    def channels(self) -> int:
        """Channels of the image."""
        return int(self.weights[0].normal[0].weight.shape[1])

    @property
    def classes(self) -> int:
        """Classes of the probabilities."""
        return int(self.weights[0].classifier[-1].weight.shape[0])
