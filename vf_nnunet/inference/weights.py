"""A trained network as plain arrays, used by every backend and by the model file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vf_nnunet.network.architecture import Architecture

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """PReLU, then a valid convolution; batch normalisation is folded in.

    Attributes:
        slope: (input channels,), of the PReLU; None if there is none, as for the layer that reads the raw image.
        weight: (output channels, input channels, z, y, x).
        bias: (output channels,).
    """

    slope: FloatArray | None
    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True)
class Probe:
    """A logistic regression that tells from the subsampled pathway in which blocks a vertebra can be.

    A block is what the subsampled pathway repeats one value over: 3 x 3 x 3 voxels for `3d_fullres`.

    Attributes:
        weight: (channels,), of the features of the subsampled pathway.
        bias: Added to the weighted sum.
        threshold: Smallest smoothed probability of a block where a vertebra can be.
        least_blocks: Smallest number of connected blocks where a vertebra can be.
        blocks_per_plane: Largest mean number of kept blocks per axial plane among the cases that gave the threshold.
    """

    weight: FloatArray
    bias: float
    threshold: float
    least_blocks: int
    blocks_per_plane: float

    @property
    def layer(self) -> Layer:
        """The probe as a 1x1x1 layer, whose output is the score."""
        return Layer(None, self.weight.reshape(1, -1, 1, 1, 1), np.array([self.bias], np.float32))


@dataclass(frozen=True)
class FoldWeights:
    """The layers of one fold's network, beginning at the image.

    Attributes:
        normal: Layers of the normal pathway.
        subsampled: Layers of the subsampled pathway.
        classifier: The 1x1x1 layers; the first reads the normal pathway's channels, then the subsampled pathway's.
        probe: Where vertebrae can be; None if none was fitted to this fold.
    """

    normal: tuple[Layer, ...]
    subsampled: tuple[Layer, ...]
    classifier: tuple[Layer, ...]
    probe: Probe | None = None

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
    def folds_without_probe(self) -> tuple[str, ...]:
        """Names of the folds that have no probe."""
        return tuple(name for name, fold in zip(self.folds, self.weights, strict=True) if fold.probe is None)

    def with_probes(self, probes: Sequence[Probe | None]) -> "Ensemble":
        """The same folds with these probes."""
        weights = tuple(replace(fold, probe=probe) for fold, probe in zip(self.weights, probes, strict=True))
        return replace(self, weights=weights)

    def check_probed(self) -> None:
        """Check that every fold has a probe.

        Raises:
            ValueError: If one has none.
        """
        if self.folds_without_probe:
            raise ValueError(f"no probe in fold {', '.join(self.folds_without_probe)}")

    @property
    def channels(self) -> int:
        """Channels of the image."""
        return int(self.weights[0].normal[0].weight.shape[1])

    @property
    def classes(self) -> int:
        """Classes of the probabilities."""
        return int(self.weights[0].classifier[-1].weight.shape[0])
