"""Exact tiling equals one pass over the whole volume."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vf_nnunet.architecture import ARCHITECTURES
from vf_nnunet.network import DualPathwayNet, build_network
from vf_nnunet.tiling import predict_logits

TOLERANCE = 1e-5
sizes = st.integers(1, 40)


@pytest.mark.usefixtures("float32")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=st.tuples(sizes, sizes, sizes), tile=st.tuples(sizes, sizes, sizes))
def test_any_tile_gives_the_whole_volume(
    tiny_network: DualPathwayNet, shape: tuple[int, int, int], tile: tuple[int, int, int]
) -> None:
    image = torch.randn(1, *shape)
    whole = torch.softmax(tiny_network.same_logits(image[None])[0], 0)
    tiled = torch.softmax(predict_logits(tiny_network, image, tile), 0)
    assert (whole - tiled).abs().max() < TOLERANCE


@pytest.mark.usefixtures("float32")
@pytest.mark.parametrize("configuration", ARCHITECTURES)
def test_real_networks(configuration: str) -> None:
    network = build_network(ARCHITECTURES[configuration], 1, 3).eval()
    image = torch.randn(1, 40, 31, 29)
    whole = torch.softmax(network.same_logits(image[None])[0], 0)
    tiled = torch.softmax(predict_logits(network, image, (21, 18, 29)), 0)
    assert (whole - tiled).abs().max() < TOLERANCE


def test_half_precision_stays_close(tiny_network: DualPathwayNet) -> None:
    image = torch.randn(1, 30, 30, 30)
    whole = torch.softmax(tiny_network.same_logits(image[None])[0], 0)
    tiled = torch.softmax(predict_logits(tiny_network, image, (12, 12, 12)), 0)
    assert (whole - tiled).abs().max() < 0.02
