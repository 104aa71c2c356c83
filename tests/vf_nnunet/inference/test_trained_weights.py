"""Names and shapes of a network's weights; folding is tested in test_from_network.py and test_backend.py."""

import numpy as np
import pytest
import torch

from tests.vf_nnunet.conftest import TINY, randomise
from vf_nnunet.inference.trained_weights import (
    EPSILON,
    folded_weights,
    normalisations,
    unfolded_weights,
    weight_shapes,
)
from vf_nnunet.network.architecture import ARCHITECTURES, Architecture
from vf_nnunet.network.dual_pathway import build_network


@pytest.mark.parametrize("architecture", [TINY, *ARCHITECTURES.values()])
@pytest.mark.parametrize(("channels", "classes"), [(1, 3), (2, 5)])
def test_the_shapes_are_the_networks(architecture: Architecture, channels: int, classes: int) -> None:
    state = build_network(architecture, channels, classes).state_dict()
    expected = {name: tuple(weight.shape) for name, weight in state.items()}
    assert weight_shapes(architecture, channels, classes) == expected


def test_epsilon_is_torchs() -> None:
    assert torch.nn.BatchNorm3d(1).eps == EPSILON


@pytest.mark.parametrize("architecture", [TINY, ARCHITECTURES["3d_fullres"]])
def test_unfolding_gives_the_weights_back(architecture: Architecture) -> None:
    """Negative scales too, as a training can make them."""
    network = randomise(build_network(architecture, 1, 3))
    for name, values in network.state_dict().items():
        if name.endswith(".0.weight") and values.ndim == 1:
            values -= 1
    state = {name: values.numpy() for name, values in network.state_dict().items()}
    found = unfolded_weights(folded_weights(state), normalisations(state))
    assert found.keys() == state.keys()
    for name, expected in state.items():
        assert found[name].dtype == expected.dtype
        np.testing.assert_allclose(found[name], expected, rtol=1e-6, err_msg=name)


def test_a_channel_of_scale_zero_does_not_make_infinite_weights() -> None:
    state = {name: values.numpy().copy() for name, values in build_network(TINY, 1, 3).state_dict().items()}
    state["normal.1.0.weight"][2] = 0
    found = unfolded_weights(folded_weights(state), normalisations(state))
    assert not found["normal.0.weight"][2].any()
    np.testing.assert_allclose(found["normal.0.weight"][3], state["normal.0.weight"][3], rtol=1e-6)
