"""Folding changes no logit."""

import pytest
import torch

from tests.vf_nnunet.conftest import randomise
from vf_nnunet.architecture import ARCHITECTURES
from vf_nnunet.folding import fold_normalisation
from vf_nnunet.network import DualPathwayNet, build_network


def test_the_folded_network_computes_the_same_logits(tiny_network: DualPathwayNet) -> None:
    image = torch.randn(1, 1, 21, 18, 24)
    with torch.inference_mode():
        expected = tiny_network.valid_logits(image)
        folded = fold_normalisation(tiny_network).valid_logits(image)
    torch.testing.assert_close(folded, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("configuration", ARCHITECTURES)
def test_no_normalisation_is_left_and_the_original_keeps_its_own(configuration: str) -> None:
    network = randomise(build_network(ARCHITECTURES[configuration], 1, 3))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    folded = fold_normalisation(network)
    assert not any(isinstance(module, torch.nn.BatchNorm3d) for module in folded.modules())
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
