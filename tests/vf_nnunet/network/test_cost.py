"""The calculated cost of a step agrees with the cost that torch measures."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.vf_nnunet.conftest import TINY
from vf_nnunet.network.architecture import ARCHITECTURES, Architecture
from vf_nnunet.network.cost import kept_bytes, passes, step_bytes, step_macs
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.training.loss import RegularisedCrossEntropy

SEGMENTS = 2
SIDE = 9
NETWORKS = {**ARCHITECTURES, "tiny": TINY}


def kept_by_torch(architecture: Architecture, channels: int, classes: int) -> int:
    """Bytes of the tensors, each once, that torch keeps for the backward pass."""
    network = build_network(architecture, channels, classes, valid=True)
    network.set_dropout(0.5)
    loss = RegularisedCrossEntropy(network, 0, 0, None)
    image = torch.randn(SEGMENTS, channels, *architecture.segment_size(SIDE))
    storages: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.dtype == torch.float32:
            storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss(network(image), [torch.zeros(SEGMENTS, 1, SIDE, SIDE, SIDE)])
    weights = sum(weight.numel() for weight in network.parameters() if weight.ndim > 1)
    return sum(storages.values()) - 4 * weights


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("channels", "classes"), [(1, 3), (2, 4)])
def test_kept_activations(name: str, channels: int, classes: int) -> None:
    found = passes(NETWORKS[name], (SIDE, SIDE, SIDE), channels, classes)
    assert SEGMENTS * kept_bytes(found, 4) == pytest.approx(kept_by_torch(NETWORKS[name], channels, classes), rel=0.1)


@pytest.mark.parametrize("name", NETWORKS)
def test_operations(name: str) -> None:
    network = build_network(NETWORKS[name], 1, 3).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.valid_logits(torch.zeros(SEGMENTS, 1, *NETWORKS[name].segment_size(SIDE)))
    found = passes(NETWORKS[name], (SIDE, SIDE, SIDE), 1, 3)
    assert step_macs(found, SEGMENTS) == 3 * counter.get_total_flops() / 2


def test_memory_grows_with_segments_and_precision() -> None:
    found = passes(TINY, (SIDE, SIDE, SIDE), 1, 3)
    assert step_bytes(found, 4, 4) == 2 * step_bytes(found, 2, 4)
    assert 1.8 < step_bytes(found, 2, 4) / step_bytes(found, 2, 2) < 2
