"""The OpenVINO backend, the fastest on a CPU. It needs neither torch nor an exported graph."""

import os
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import openvino
from openvino import opset13 as operations

from vf_nnunet.inference.backend import Precision, allocation_errors
from vf_nnunet.inference.weights import Ensemble, FloatArray, FoldWeights, Layer
from vf_nnunet.network.processor import chosen_threads, turn

SPATIAL_AXES = (2, 3, 4)


class OpenVinoBackend:
    """Implements `Backend`; half precision is bfloat16 if the processor has instructions for it.

    Two graphs hold all folds, so that a block is read only once: the subsampled pathway, always in float32 (a 27th of
    the work), and the rest. Two more give the features of the subsampled pathway and the scores of the probes in the
    chosen precision. A graph is compiled for each shape of block, which takes a tenth of a second per fold.

    Args:
        ensemble: The folds to compute.
        precision: "half" or "float32".
    """

    device_memory_gb = None

    def __init__(self, ensemble: Ensemble, precision: Precision = "half") -> None:
        self.ensemble = ensemble
        core = openvino.Core()
        self._half = precision == "half" and "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.bytes_per_value = 2 if self._half else 4
        self._coarse = _Compiled(core, _coarse_graph(ensemble), half=False)
        self._fine = _Compiled(core, _fine_graph(ensemble, self._half), self._half)
        self._features = _Compiled(core, _subsampled_graph(ensemble, self._half, probed=False), self._half)
        self._scores = _Compiled(core, _subsampled_graph(ensemble, self._half, probed=True), self._half)

    @allocation_errors()
    def subsampled_features(self, image: FloatArray) -> list[FloatArray]:
        """See `Backend.subsampled_features`; intensities and weights of the first layer are split in two."""
        return self._on_subsampled_grid(self._features, image)

    @allocation_errors()
    def probe_scores(self, image: FloatArray) -> list[FloatArray]:
        """See `Backend.probe_scores`."""
        self.ensemble.check_probed()
        return self._on_subsampled_grid(self._scores, image)

    def _on_subsampled_grid(self, graph: "_Compiled", image: FloatArray) -> list[FloatArray]:
        read = np.concatenate(split_bfloat16(image)) if self._half else image
        with turn(chosen_threads()):
            return graph(read)

    @allocation_errors()
    def probabilities(self, block: FloatArray) -> FloatArray:
        """See `Backend.probabilities`."""
        centre = block[:, *self.ensemble.architecture.without_surplus_context(block.shape[1:])]
        image = np.concatenate(split_bfloat16(centre)) if self._half else centre
        with turn(chosen_threads()):
            coarse = self._coarse(block[:, *self.ensemble.architecture.block_centres])
            (mean,) = self._fine(image, *coarse)
        return mean


class _Compiled:
    """A graph that is compiled again whenever the shapes of its inputs change."""

    def __init__(self, core: Any, graph: Any, half: bool) -> None:
        self._core, self._graph = core, graph
        self._settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
            "ENABLE_CPU_PINNING": False,  # two processes would be bound to the same cores
        }
        if (threads := chosen_threads()) < (os.cpu_count() or 1):
            self._settings["INFERENCE_NUM_THREADS"] = threads
        self._shapes: list[tuple[int, ...]] = []
        self._request: Any = None

    def __call__(self, *inputs: FloatArray) -> list[FloatArray]:
        """Copies of the graph's outputs; inputs and outputs have no batch axis."""
        shapes = [array.shape for array in inputs]
        if shapes != self._shapes:
            self._shapes, self._request = [], None  # hold the buffers of one shape only
            parameters = zip(self._graph.inputs, shapes, strict=True)
            self._graph.reshape({parameter: [1, *shape] for parameter, shape in parameters})
            self._request = self._core.compile_model(self._graph, "CPU", self._settings).create_infer_request()
            self._shapes = shapes
        results = self._request.infer([np.ascontiguousarray(array)[None] for array in inputs])
        return [result[0].copy() for result in results.values()]


def split_bfloat16(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Split `values` into their rounding to bfloat16 and the remainder; the sum keeps 16 bits of each value."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = ((bits + np.uint32(0x8000)) & np.uint32(0xFFFF0000)).view(np.float32)
    return rounded, values - rounded


def _coarse_graph(ensemble: Ensemble) -> Any:
    """The subsampled pathway of each fold with its part of the first 1x1x1 layer, on the subsampled grid."""
    image = _parameter(ensemble.channels)
    folds = [_layers(image, [*weights.subsampled, weights.classifier_by_pathway()[1]]) for weights in ensemble.weights]
    return openvino.Model(folds, [image])


def _subsampled_graph(ensemble: Ensemble, half: bool, probed: bool) -> Any:
    """The features of each fold's subsampled pathway, from the image or, in half precision, its two parts.

    Args:
        ensemble: The folds.
        half: Whether the first layer is split in two.
        probed: Whether each fold's probe, if it has one, follows.
    """
    image, seen = _image(ensemble, half)
    folds = []
    for weights in ensemble.weights:
        first, *others = weights.subsampled
        probe = [weights.probe.layer] if probed and weights.probe is not None else []
        folds.append(_layers(seen, [_in_two_parts(first) if half else first, *others, *probe]))
    return openvino.Model(folds, [image])


def _fine_graph(ensemble: Ensemble, half: bool) -> Any:
    """The mean of the folds' probabilities, from the image and the output of `_coarse_graph`.

    In half precision the first layer reads intensities and weights that are split in two (`split_bfloat16`): rounding
    them would cost more than all other rounding together.
    """
    image, seen = _image(ensemble, half)
    coarse = [_parameter(len(weights.classifier[0].weight)) for weights in ensemble.weights]
    folds = [
        _fold(seen, features, weights, ensemble.architecture.subsampling_factor, half)
        for features, weights in zip(coarse, ensemble.weights, strict=True)
    ]
    mean = operations.multiply(reduce(operations.add, folds), np.float32(1 / len(folds)))
    return openvino.Model([mean], [image, *coarse])


def _image(ensemble: Ensemble, half: bool) -> tuple[Any, Any]:
    """The input of a graph, and what its first layers read: in half precision the parts of `_in_two_parts`."""
    image = _parameter((2 if half else 1) * ensemble.channels)
    return image, operations.concat([image, _first_channels(image, ensemble.channels)], 1) if half else image


def _fold(image: Any, coarse: Any, weights: FoldWeights, factors: Sequence[int], half: bool) -> Any:
    first, *others = weights.normal
    first = _in_two_parts(first) if half else first
    detailed = _layers(image, [first, *others, weights.classifier_by_pathway()[0]])
    features = operations.add(detailed, _repeat(coarse, factors))
    return operations.softmax(_layers(features, weights.classifier[1:]), axis=1)


def _in_two_parts(layer: Layer) -> Layer:
    """The layer for the channels (rounded image a, remainder b, a): w (a + b) is about v a + v b + (w - v) a."""
    rounded, rest = split_bfloat16(layer.weight)
    return Layer(layer.slope, np.concatenate([rounded, rounded, rest], axis=1), layer.bias)


def _layers(features: Any, layers: Sequence[Layer]) -> Any:
    for layer in layers:
        if layer.slope is not None:
            features = operations.prelu(features, layer.slope)
        features = operations.convolution(features, layer.weight, [1] * 3, [0] * 3, [0] * 3, [1] * 3)
        features = operations.add(features, layer.bias.reshape(1, -1, 1, 1, 1))
    return features


def _parameter(channels: int) -> Any:
    return operations.parameter([1, channels, -1, -1, -1], np.float32)


def _first_channels(image: Any, channels: int) -> Any:
    return operations.slice(image, *(np.array([value], np.int64) for value in (0, channels, 1, 1)))


def _repeat(features: Any, factors: Sequence[int]) -> Any:
    return operations.interpolate(
        features,
        np.array(factors, np.float32),
        mode="nearest",
        shape_calculation_mode="scales",
        axes=np.array(SPATIAL_AXES, np.int64),
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
