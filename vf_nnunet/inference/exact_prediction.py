"""The exact result for `nnUNetv2_predict`, whose sliding windows only approximate this network.

The images may have any axes. nnU-Net's own reader for this, `NibabelIOWithReorient`, would turn all images to RAS, also
those of the training, which are stored on LPS axes; trained models would then see mirrored images. So the images are
brought to LPS axes between nnU-Net's preprocessing and the network, and the result back to the stored axes.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from torch import Tensor

from vf_nnunet.inference.canonical_axes import axes_of, to_network_axes, to_stored_axes
from vf_nnunet.inference.from_network import fold_weights
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.preprocessing import CHANNEL
from vf_nnunet.inference.stock_model import warn_of_kept_results, warn_of_values
from vf_nnunet.inference.tiling import predict_probabilities
from vf_nnunet.inference.weights import Ensemble, FloatArray
from vf_nnunet.network.dual_pathway import DualPathwayNet
from vf_nnunet.nnunet.normalisation import CLIPPED, IntensityScale

LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""Smaller probabilities are raised to this one, to keep their logarithm finite."""

_AXES = "vf_nnunet_axes"
"""Attribute of a predictor: the axes of the image that it predicts, or None."""

_SAID = "vf_nnunet_said_what_is_ignored"
"""Attribute of a predictor: whether the user was told which options have no effect."""

_FILES = "vf_nnunet_files"
"""Attribute of a predictor: the CT of each output file that it was asked for."""

_stock_inputs = nnUNetPredictor._manage_input_and_output_lists
_stock_logits = nnUNetPredictor.predict_logits_from_preprocessed_data
_stock_iterator = nnUNetPredictor.predict_from_data_iterator
_stock_sequential = nnUNetPredictor.predict_from_files_sequential
_stock_single = nnUNetPredictor.predict_single_npy_array


def use_exact_tiling() -> None:
    """From now on, let nnU-Net's predictor compute `DualPathwayNet` by exact tiling, and every other network as before.

    nnU-Net's windows begin at any voxel, which shifts the subsampled pathway's grid from window to window; and nnU-Net
    averages the folds' logits, where probabilities are averaged here. No file of nnU-Net is changed: the methods are
    replaced in the running process. The trainer calls this when it builds the network, also for nnU-Net's predictor.
    """
    nnUNetPredictor._manage_input_and_output_lists = _inputs
    nnUNetPredictor.predict_logits_from_preprocessed_data = _logits
    nnUNetPredictor.predict_from_data_iterator = _predict_iterator
    nnUNetPredictor.predict_from_files_sequential = _predict_sequential
    nnUNetPredictor.predict_single_npy_array = _predict_single


@wraps(_stock_inputs)
def _inputs(predictor: Any, *arguments: Any, **options: Any) -> Any:
    """Replaces `nnUNetPredictor._manage_input_and_output_lists`, to know each image's file."""
    images, outputs, previous = _stock_inputs(predictor, *arguments, **options)
    if isinstance(_plain_network(predictor), DualPathwayNet):
        if not signature(_stock_inputs).bind(predictor, *arguments, **options).arguments.get("overwrite", True):
            warn_of_kept_results()
        setattr(predictor, _FILES, {output: files[0] for output, files in zip(outputs or (), images, strict=False)})
    return images, outputs, previous


def _predict_iterator(predictor: Any, data_iterator: Iterable[Any], *arguments: Any, **options: Any) -> Any:
    """Replaces `nnUNetPredictor.predict_from_data_iterator`, to know each image's axes."""
    return _stock_iterator(predictor, _with_axes(predictor, data_iterator), *arguments, **options)


def _with_axes(predictor: Any, items: Iterable[Any]) -> Iterator[Any]:
    try:
        for item in items:
            _note_axes(predictor, item["data_properties"])
            file = getattr(predictor, _FILES, {}).get(item.get("ofile"))
            if file is not None:
                warn_of_values(Path(file), _scale_of(predictor))
            yield item
    finally:
        setattr(predictor, _AXES, None)


@wraps(_stock_sequential)  # the method reads its own signature
def _predict_sequential(predictor: Any, *arguments: Any, **options: Any) -> Any:
    """Replaces `nnUNetPredictor.predict_from_files_sequential`, to know each image's axes."""
    preprocessor = predictor.configuration_manager.preprocessor_class
    stock_run_case = preprocessor.run_case

    def run_case(self: Any, *inputs: Any, **settings: Any) -> tuple[Any, Any, dict[str, Any]]:
        data, segmentation, properties = stock_run_case(self, *inputs, **settings)
        _note_axes(predictor, properties)
        if isinstance(_plain_network(predictor), DualPathwayNet):
            warn_of_values(Path(inputs[0][0]), _scale_of(predictor))
        return data, segmentation, properties

    preprocessor.run_case = run_case
    try:
        return _stock_sequential(predictor, *arguments, **options)
    finally:
        preprocessor.run_case = stock_run_case
        setattr(predictor, _AXES, None)


def _predict_single(
    predictor: Any, input_image: FloatArray, image_properties: dict[str, Any], *arguments: Any, **options: Any
) -> Any:
    """Replaces `nnUNetPredictor.predict_single_npy_array`, to know the image's axes."""
    _note_axes(predictor, image_properties)
    try:
        return _stock_single(predictor, input_image, image_properties, *arguments, **options)
    finally:
        setattr(predictor, _AXES, None)


def _note_axes(predictor: Any, properties: Mapping[str, Any]) -> None:
    """Remember the axes of the image that is predicted next."""
    axes = axes_of(properties)
    setattr(predictor, _AXES, axes)
    if axes is None and isinstance(_plain_network(predictor), DualPathwayNet):
        sys.stderr.write(
            "warning: the properties of an image do not tell its axes; expected an image on LPS axes, because the "
            "result depends on them: read it with NibabelIO and pass on its properties\n"
        )


def _scale_of(predictor: Any) -> IntensityScale | None:
    """The normalisation of the first channel; None for a z-score over the image."""
    if predictor.configuration_manager.normalization_schemes[0] != CLIPPED:
        return None
    statistics = predictor.plans_manager.foreground_intensity_properties_per_channel
    return IntensityScale.from_statistics(statistics.get(CHANNEL), "plans")


def _plain_network(predictor: Any) -> Any:
    return getattr(predictor.network, "_orig_mod", predictor.network)


def _logits(predictor: Any, data: Tensor) -> Tensor:
    """Replaces `nnUNetPredictor.predict_logits_from_preprocessed_data`.

    Args:
        predictor: Initialised with a model.
        data: (C, z, y, x), preprocessed, on the stored axes if they are known and on LPS axes otherwise.

    Returns:
        (classes, z, y, x) on the same axes, whose softmax is the mean of the folds' probabilities.
    """
    network = _plain_network(predictor)
    if not isinstance(network, DualPathwayNet):
        logits: Tensor = _stock_logits(predictor, data)
        return logits
    _say_what_is_ignored(predictor)
    weights = []
    for parameters in predictor.list_of_parameters:
        network.load_state_dict(parameters)
        weights.append(fold_weights(network))
    ensemble = Ensemble(network.architecture, tuple(map(str, range(len(weights)))), tuple(weights))
    backend = open_backend(ensemble, device=str(predictor.device))
    axes = getattr(predictor, _AXES, None)
    image = data.numpy() if axes is None else to_network_axes(data.numpy(), axes)
    probabilities = predict_probabilities(backend, image, progress=predictor.allow_tqdm)
    return logits_of(probabilities if axes is None else to_stored_axes(probabilities, axes))


def _say_what_is_ignored(predictor: Any) -> None:
    """Say once for each predictor that options of the sliding window have no effect on this network."""
    if not getattr(predictor, _SAID, False):
        setattr(predictor, _SAID, True)
        sys.stderr.write(
            "note: this network is computed exactly, without overlapping windows; -step_size and mirroring "
            "(--disable_tta) have no effect\n"
        )


def logits_of(probabilities: FloatArray) -> Tensor:
    """Logits whose softmax is `probabilities`, as nnU-Net's functions expect them.

    Args:
        probabilities: (classes, z, y, x); their memory is reused for the logits.
    """
    np.maximum(probabilities, LEAST_PROBABILITY, out=probabilities)
    return torch.from_numpy(np.log(probabilities, out=probabilities))
