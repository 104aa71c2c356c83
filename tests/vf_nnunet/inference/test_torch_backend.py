"""Precision and memory of the backend that computes with PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch

from tests.vf_nnunet.conftest import randomise
from tests.vf_nnunet.inference.conftest import EXACT, whole_volume
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.torch_backend import TorchBackend
from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import build_network


def test_the_subsampled_pathway_is_rounded_before_it_is_repeated(
    ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    interpolate = torch.nn.functional.interpolate

    def look(features: torch.Tensor, **options: Any) -> torch.Tensor:
        seen.append(features.dtype)
        return interpolate(features, **options)

    monkeypatch.setattr("vf_nnunet.inference.torch_backend.half_precision", lambda device: torch.bfloat16)
    monkeypatch.setattr("vf_nnunet.inference.torch_backend.functional.interpolate", look)
    open_backend(ensemble, "torch", "cpu").probabilities(np.zeros((1, 15, 15, 15), np.float32))
    assert seen == [torch.bfloat16] * 2


def test_float32_is_not_rounded_to_tf32(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_backend(ensemble, "torch", "cpu", "float32")
    allowed = []

    def look(*_: object) -> torch.Tensor:
        allowed.append(torch.backends.cudnn.allow_tf32)
        return torch.zeros(1, 3, 3, 3, 3)

    monkeypatch.setattr(opened, "_logits", look)
    before = torch.backends.cudnn.allow_tf32
    opened.probabilities(np.zeros((1, 15, 15, 15), np.float32))
    assert allowed == [False, False]
    assert torch.backends.cudnn.allow_tf32 is before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU")
def test_float32_on_a_gpu_is_float32() -> None:
    torch.manual_seed(0)
    network = randomise(build_network(ARCHITECTURES["3d_fullres"], 1, 3))
    opened = open_backend(ensemble_of({"0": network}), "torch", "cuda", "float32")
    block = np.random.default_rng(0).standard_normal((1, 57, 57, 57), np.float32)
    assert np.abs(opened.probabilities(block) - whole_volume([network], block)).max() < EXACT


def test_a_gpus_own_memory_is_planned_with(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that torch has reserved for earlier tiles counts as free."""
    opened = TorchBackend(ensemble, "cpu")
    assert opened.device_memory_gb is None
    monkeypatch.setattr(opened, "device", torch.device("cuda:1"))
    memory = {"mem_get_info": (3_000_000_000, 16_000_000_000), "memory_reserved": 5 * 10**9, "memory_allocated": 10**9}
    for name, found in memory.items():
        monkeypatch.setattr(torch.cuda, name, {torch.device("cuda:1"): found}.__getitem__)
    assert opened.device_memory_gb == 7.0
