"""The description of a network."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.memory import working_bytes
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.planning.network_summary import summarise


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


@pytest.mark.parametrize("configuration", ARCHITECTURES)
def test_memory_is_that_of_the_default_batch(configuration: str) -> None:
    memory = summarise(ARCHITECTURES[configuration])["memory"]
    step = memory["training_step"]
    network = build_network(ARCHITECTURES[configuration], 1, 3)
    assert step["segment"] == [9 + 2 * margin for margin in network.architecture.context]
    assert step["segments"] == 24
    assert 100e6 < step["half_precision"] < step["float32"] < 2e9
    tile = memory["tile"]
    assert tile["float32"] == pytest.approx(2 * tile["half_precision"], rel=1e-6)
    assert tile["half_precision"] == working_bytes(ensemble_of({"0": network}), tile["predicted"], 2)
