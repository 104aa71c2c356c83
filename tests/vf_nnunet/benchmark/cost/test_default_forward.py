"""nnU-Net's network gives the same logits in every computation, up to rounding."""

import copy

import pytest
import torch

from tests.vf_nnunet.benchmark.conftest import unet
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.cost.default_forward import DefaultForward, default_network
from vf_nnunet.inference.backend import BackendName

WINDOW = (1, 1, 8, 8, 8)


@pytest.mark.parametrize(
    ("backend", "precision", "tolerance"),
    [
        ("torch", "float32", 0.0),
        ("torch", "bfloat16", 0.1),
        ("openvino", "float32", 1e-4),
        ("openvino", "bfloat16", 0.1),
    ],
)
def test_logits(backend: BackendName, precision: str, tolerance: float) -> None:
    torch.manual_seed(0)
    network = default_network({"architecture": unet()}, 1, 3)
    window, other = torch.randn(WINDOW), torch.randn(WINDOW)
    with torch.no_grad():
        expected = network(window)
    forward = DefaultForward(network, Computation(backend, precision, "cpu"))
    forward(other)
    found = forward(window)
    forward(other)
    assert (found.float() - expected).abs().max() <= tolerance
    if precision == "bfloat16" and backend == "torch":
        assert found.dtype == torch.bfloat16


def test_another_folds_weights_are_compiled_anew() -> None:
    """nnU-Net's predictor loads the weights of each fold into one network."""
    torch.manual_seed(0)
    network = default_network({"architecture": unet()}, 1, 3)
    weights = copy.deepcopy(network.state_dict())
    window = torch.randn(WINDOW)
    forward = DefaultForward(network, Computation("openvino", "float32", "cpu"))
    before = forward(window)
    forward.load_state_dict({name: 2 * value for name, value in weights.items()})
    with torch.no_grad():
        expected = network(window)
    assert (forward(window) - expected).abs().max() <= 1e-3
    assert (before - expected).abs().max() > 0.1
