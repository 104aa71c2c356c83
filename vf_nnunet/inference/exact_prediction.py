"""The exact result for `nnUNetv2_predict`, whose sliding windows only approximate this network."""

import sys
from typing import Any

import numpy as np
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from torch import Tensor

from vf_nnunet.inference.from_network import fold_weights
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import predict_probabilities
from vf_nnunet.inference.weights import Ensemble, FloatArray
from vf_nnunet.network.dual_pathway import DualPathwayNet

LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""Smaller probabilities are raised to this one, to keep their logarithm finite."""

_SAID = "vf_nnunet_said_what_is_ignored"
"""Attribute of a predictor: whether the user was told which options have no effect."""

_stock_logits = nnUNetPredictor.predict_logits_from_preprocessed_data


def use_exact_tiling() -> None:
    """From now on, let nnU-Net's predictor compute `DualPathwayNet` by exact tiling, and every other network as before.

    nnU-Net's windows begin at any voxel, which shifts the subsampled pathway's grid from window to window; and nnU-Net
    averages the folds' logits, where probabilities are averaged here. No file of nnU-Net is changed: the method is
    replaced in the running process. The trainer calls this when it builds the network, also for nnU-Net's predictor.
    """
    nnUNetPredictor.predict_logits_from_preprocessed_data = _logits


def _logits(predictor: Any, data: Tensor) -> Tensor:
    """Replaces `nnUNetPredictor.predict_logits_from_preprocessed_data`.

    Args:
        predictor: Initialised with a model.
        data: (C, z, y, x), preprocessed.

    Returns:
        (classes, z, y, x), whose softmax is the mean of the folds' probabilities.
    """
    network = getattr(predictor.network, "_orig_mod", predictor.network)
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
    probabilities = predict_probabilities(backend, data.numpy(), progress=predictor.allow_tqdm)
    return logits_of(probabilities)


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
