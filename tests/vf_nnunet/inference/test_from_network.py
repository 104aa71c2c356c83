"""Folding normalisation does not change the network; test_backend.py compares the results."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.vf_nnunet.conftest import TINY
from vf_nnunet.inference.from_network import ensemble_of, fold_weights
from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network


def test_the_layers_have_the_networks_shapes(ensemble: Ensemble) -> None:
    weights = ensemble.weights[0]
    assert [layer.weight.shape for layer in weights.normal] == [(4, 1, 3, 3, 3), (4, 4, 3, 3, 3)]
    assert [layer.weight.shape[:2] for layer in weights.classifier] == [(6, 8), (5, 6), (3, 5)]
    assert weights.normal[0].slope is None
    assert [layer.slope.shape for layer in weights.classifier if layer.slope is not None] == [(8,), (6,), (5,)]


def test_the_ensemble_knows_the_networks_geometry(ensemble: Ensemble, tiny_network: DualPathwayNet) -> None:
    assert ensemble.architecture == tiny_network.architecture
    assert (ensemble.channels, ensemble.classes, ensemble.folds) == (1, 3, ("0", "1"))


def test_the_network_keeps_its_weights(tiny_network: DualPathwayNet) -> None:
    before = {name: value.clone() for name, value in tiny_network.state_dict().items()}
    fold_weights(tiny_network)
    assert all(torch.equal(value, before[name]) for name, value in tiny_network.state_dict().items())


def test_the_halves_of_the_first_hidden_layer_are_the_whole(ensemble: Ensemble) -> None:
    weights = ensemble.weights[0]
    normal, subsampled = weights.classifier_by_pathway()
    np.testing.assert_array_equal(np.hstack([normal.weight, subsampled.weight]), weights.classifier[0].weight)
    np.testing.assert_array_equal(normal.bias + subsampled.bias, weights.classifier[0].bias)


def test_a_foreign_layer_is_named() -> None:
    network = build_network(TINY, 1, 3)
    network.normal[1] = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="Linear found; expected a layer of DualPathwayNet"):
        ensemble_of({"0": network})
