"""The PyTorch backend, for a CPU or a GPU."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from vf_nnunet.inference.backend import Precision, allocation_errors
from vf_nnunet.inference.weights import Ensemble, FloatArray, FoldWeights, Layer
from vf_nnunet.network.cost import GIGABYTE
from vf_nnunet.network.device import half_precision, usable_device
from vf_nnunet.network.processor import calm_loaded_openmp, chosen_threads, turn


class _TensorLayer(NamedTuple):
    slope: Tensor | None
    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Compute the layer in the precision of its weights."""
        features = features.to(self.weight.dtype)
        activated = features if self.slope is None else functional.prelu(features, self.slope)
        return functional.conv3d(activated, self.weight, self.bias)


class _Fold(NamedTuple):
    normal: list[_TensorLayer]
    subsampled: list[_TensorLayer]
    classifier: list[_TensorLayer]
    features: list[_TensorLayer]
    probe: list[_TensorLayer]


class TorchBackend:
    """Implements `Backend`; half precision is float16 on a GPU, and bfloat16 on a CPU that has instructions for it.

    The first layer and the subsampled pathway (a 27th of the work) are always computed in float32, because rounding
    costs most there. By default torch lets cuDNN round float32 to TF32 (10 bits); this is switched off.

    Args:
        ensemble: The folds to compute.
        device: Name of the device; None takes the GPU if there is one.
        precision: "half" or "float32".
    """

    def __init__(self, ensemble: Ensemble, device: str | None = None, precision: Precision = "half") -> None:
        self.ensemble = ensemble
        self.device = usable_device(device)
        self.dtype = half_precision(self.device) if precision == "half" else torch.float32
        self.bytes_per_value = self.dtype.itemsize
        self._folds = [self._fold(weights) for weights in ensemble.weights]
        if self.device.type == "cpu":
            # nnU-Net takes as many threads as the machine has processors.
            torch.set_num_threads(min(torch.get_num_threads(), chosen_threads()))
            calm_loaded_openmp()

    @property
    def device_memory_gb(self) -> float | None:
        """See `Backend`; memory that torch has reserved for earlier tiles counts as free."""
        if self.device.type != "cuda":
            return None
        free, _ = torch.cuda.mem_get_info(self.device)
        kept = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return (free + kept) / GIGABYTE

    def subsampled_features(self, image: FloatArray) -> list[FloatArray]:
        """See `Backend.subsampled_features`; the first layer is computed in float32."""
        return self._subsampled(image, [[] for _ in self._folds])

    def probe_scores(self, image: FloatArray) -> list[FloatArray]:
        """See `Backend.probe_scores`; the first layer and the probe are computed in float32."""
        self.ensemble.check_probed()
        return self._subsampled(image, [fold.probe for fold in self._folds])

    @allocation_errors()
    @torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    @torch.inference_mode()
    def _subsampled(self, image: FloatArray, followed_by: Sequence[Sequence[_TensorLayer]]) -> list[FloatArray]:
        read = torch.from_numpy(image)[None].to(self.device).contiguous(memory_format=torch.channels_last_3d)
        folds = []
        with self._turn():
            for fold, others in zip(self._folds, followed_by, strict=True):
                features = read
                for layer in (*fold.features, *others):
                    features = layer(features)
                folds.append(features[0].float().cpu().numpy())
        return folds

    def _turn(self) -> AbstractContextManager[None]:
        return turn(torch.get_num_threads()) if self.device.type == "cpu" else nullcontext()

    @allocation_errors()
    @torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    @torch.inference_mode()
    def probabilities(self, block: FloatArray) -> FloatArray:
        """See `Backend.probabilities`."""
        with self._turn():
            return self._mean(block)

    def _mean(self, block: FloatArray) -> FloatArray:
        image = torch.from_numpy(block)[None].to(self.device)
        total: Tensor | None = None
        for fold in self._folds:
            probability = torch.softmax(self._logits(fold, image).float(), 1)[0]
            total = probability if total is None else total.add_(probability)
        if total is None:
            raise ValueError("the ensemble has no folds")
        mean: FloatArray = total.div_(len(self._folds)).cpu().numpy()
        return mean

    def _logits(self, fold: _Fold, image: Tensor) -> Tensor:
        """Logits of a fold; the first 1x1x1 layer reads the subsampled pathway before its voxels are repeated."""
        architecture = self.ensemble.architecture
        normal, subsampled = (
            image[:, :, *places].contiguous(memory_format=torch.channels_last_3d)
            for places in (architecture.without_surplus_context(image.shape[2:]), architecture.block_centres)
        )
        for layer in fold.normal:
            normal = layer(normal)
        for layer in fold.subsampled:
            subsampled = layer(subsampled)
        # Rounding before repeating gives the same values in half of the memory.
        subsampled = subsampled.to(normal.dtype)
        features = normal.add_(functional.interpolate(subsampled, size=tuple(normal.shape[2:]), mode="nearest"))
        for layer in fold.classifier:
            features = layer(features)
        return features

    def _fold(self, weights: FoldWeights) -> _Fold:
        normal, subsampled = weights.classifier_by_pathway()
        first, *others = weights.normal
        return _Fold(
            [*self._layers([first], torch.float32), *self._layers([*others, normal], self.dtype)],
            self._layers([*weights.subsampled, subsampled], torch.float32),
            self._layers(weights.classifier[1:], self.dtype),
            [
                *self._layers(weights.subsampled[:1], torch.float32),
                *self._layers(weights.subsampled[1:], self.dtype),
            ],
            self._layers([] if weights.probe is None else [weights.probe.layer], torch.float32),
        )

    def _layers(self, layers: Sequence[Layer], dtype: torch.dtype) -> list[_TensorLayer]:
        def on_device(values: FloatArray) -> Tensor:
            return torch.from_numpy(values).to(self.device, dtype)

        return [
            _TensorLayer(
                None if layer.slope is None else on_device(layer.slope),
                on_device(layer.weight).contiguous(memory_format=torch.channels_last_3d),
                on_device(layer.bias),
            )
            for layer in layers
        ]
