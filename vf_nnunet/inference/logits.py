"""Probabilities as nnU-Net's functions want them."""

import numpy as np
import torch
from torch import Tensor

from vf_nnunet.inference.weights import FloatArray

LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""Keeps logarithms finite."""


def logits_of(probabilities: FloatArray) -> Tensor:
    """Logits (classes, z, y, x) whose softmax is `probabilities`; they take its place in memory."""
    np.maximum(probabilities, LEAST_PROBABILITY, out=probabilities)
    return torch.from_numpy(np.log(probabilities, out=probabilities))
