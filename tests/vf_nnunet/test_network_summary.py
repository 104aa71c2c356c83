"""The description of a network."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from vf_nnunet.architecture import ARCHITECTURES
from vf_nnunet.network import build_network
from vf_nnunet.network_summary import summarise


@pytest.mark.parametrize("configuration", ARCHITECTURES)
def test_parameters_of_the_layers_add_up(configuration: str) -> None:
    summary = summarise(ARCHITECTURES[configuration])
    assert sum(layer["parameters"] for layer in summary["layers"]) == summary["parameters"]
    assert len(summary["layers"]) == 19


def test_operations_are_those_that_torch_counts() -> None:
    """On a large volume the borders' share goes to nothing; at 123 predicted voxels a side it is still a part."""
    network = build_network(ARCHITECTURES["3d_1slice"], 1, 3).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.valid_logits(torch.zeros(1, 1, 171, 171, 1))
    counted = counter.get_total_flops() / 2 / 123**2
    assert summarise(ARCHITECTURES["3d_1slice"])["macs_per_voxel"] == pytest.approx(counted, rel=0.2)
