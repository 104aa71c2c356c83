"""Names and shapes of a network's weights; folding is tested in test_from_network.py and test_backend.py."""

import pytest
import torch

from tests.vf_nnunet.conftest import TINY
from vf_nnunet.inference.trained_weights import EPSILON, weight_shapes
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
