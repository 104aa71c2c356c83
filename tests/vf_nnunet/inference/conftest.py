"""Ensembles of small networks."""

import numpy as np
import pytest
import torch

from tests.vf_nnunet.conftest import TINY, randomise
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.weights import Ensemble, FloatArray
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network

EXACT = 1e-4
"""Largest difference of probabilities computed in float32."""


def whole_volume(networks: list[DualPathwayNet], block: FloatArray) -> FloatArray:
    """The mean of the networks' probabilities in their valid mode."""
    image = torch.from_numpy(block)[None]
    with torch.inference_mode():
        folds = [torch.softmax(network.valid_logits(image)[0], 0).numpy() for network in networks]
    mean: FloatArray = np.mean(folds, axis=0)
    return mean


@pytest.fixture(scope="session")
def two_networks() -> dict[str, DualPathwayNet]:
    """Two folds of different weights."""
    networks = {}
    for fold in ("0", "1"):
        torch.manual_seed(int(fold))
        networks[fold] = randomise(build_network(TINY, 1, 3))
    return networks


@pytest.fixture(scope="session")
def ensemble(two_networks: dict[str, DualPathwayNet]) -> Ensemble:
    """Their weights."""
    return ensemble_of(two_networks)
