"""A trained network as plain arrays, used by every backend and by the model file."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vf_nnunet.network.architecture import Architecture

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """PReLU, then a valid convolution; batch normalisation is folded in.

    Attributes:
        slope: (input channels,), of the PReLU; None if the layer reads the raw image.
        weight: (output channels, input channels, z, y, x).
        bias: (output channels,).
    """

    slope: FloatArray | None
    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True)
class FoldWeights:
    """The layers of one fold's network, beginning at the image.

    Attributes:
        normal: Layers of the normal pathway.
        subsampled: Layers of the subsampled pathway.
        classifier: The 1x1x1 layers; the first reads the normal pathway's channels, then the subsampled pathway's.
    """

    normal: tuple[Layer, ...]
    subsampled: tuple[Layer, ...]
    classifier: tuple[Layer, ...]

    def classifier_by_pathway(self) -> tuple[Layer, Layer]:
        """The first 1x1x1 layer split by pathway; the two outputs add up to the output of the whole layer."""
        first = self.classifier[0]
        if first.slope is None:
            raise ValueError("the first 1x1x1 layer has no activation")
        channels = self.normal[-1].weight.shape[0]
        normal = Layer(first.slope[:channels], np.ascontiguousarray(first.weight[:, :channels]), first.bias)
        rest = np.ascontiguousarray(first.weight[:, channels:])
        return normal, Layer(first.slope[channels:], rest, np.zeros_like(first.bias))


@dataclass(frozen=True)
class Ensemble:
    """The folds of a model, which share one architecture.

    Attributes:
        architecture: Architecture of every fold's network.
        folds: Names of the folds.
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
