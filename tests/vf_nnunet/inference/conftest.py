"""Ensembles of small networks."""

import pytest
import torch

from tests.vf_nnunet.conftest import TINY, randomise
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network


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
