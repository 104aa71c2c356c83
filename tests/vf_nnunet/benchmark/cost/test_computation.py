"""How the arms compute, by device and installed libraries."""

import pytest
import torch

from vf_nnunet.benchmark.cost import computation as module
from vf_nnunet.benchmark.cost.computation import (
    Computation,
    default_computations,
    openvino_threads,
    own_computations,
    own_training,
)

CPU = torch.device("cpu")
GPU = torch.device("cuda", 1)


@pytest.fixture
def bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vf_nnunet.network.device.has_cpu_bfloat16", lambda: True)


def names(found: list[Computation]) -> list[str]:
    return [computation.name for computation in found]


@pytest.mark.usefixtures("bfloat16")
def test_a_processor_with_bfloat16() -> None:
    assert names(own_computations(CPU)) == ["OpenVINO bfloat16", "torch bfloat16", "torch float32"]
    assert names(default_computations(CPU)) == ["torch float32", "torch bfloat16", "OpenVINO bfloat16"]
    assert own_training(CPU) == Computation("torch", "bfloat16", "cpu")


def test_a_processor_without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vf_nnunet.network.device.has_cpu_bfloat16", lambda: False)
    assert names(own_computations(CPU)) == ["OpenVINO float32", "torch float32"]
    assert names(default_computations(CPU)) == ["torch float32", "OpenVINO float32"]


@pytest.mark.usefixtures("bfloat16")
def test_without_openvino_torch_is_what_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert names(own_computations(CPU)) == ["torch bfloat16", "torch float32"]
    assert names(default_computations(CPU)) == ["torch float32", "torch bfloat16"]


def test_a_gpu() -> None:
    assert own_computations(GPU)[0] == Computation("torch", "float16", "cuda:1")
    assert names(own_computations(GPU)) == ["torch float16", "torch float32"]
    assert names(default_computations(GPU)) == ["torch float16"]


def test_values_for_the_table() -> None:
    described = Computation("torch", "float32", "cpu").describe()
    assert described == {
        "backend": "torch",
        "precision": "float32",
        "device": "cpu",
        "threads": torch.get_num_threads(),
    }
    assert Computation("openvino", "bfloat16", "cpu").describe()["threads"] == openvino_threads() >= 1


def test_the_first_computation_is_what_predict_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    from vf_nnunet.inference.from_network import ensemble_of
    from vf_nnunet.inference.open_backend import open_backend
    from vf_nnunet.network.architecture import ARCHITECTURES
    from vf_nnunet.network.dual_pathway import build_network

    ensemble = ensemble_of({"0": build_network(ARCHITECTURES["3d_fullres"], 1, 3).eval()})
    backend = open_backend(ensemble, device="cpu")
    first = own_computations(CPU)[0]
    assert type(backend).__name__.lower() == f"{first.backend}backend"
    assert (backend.bytes_per_value == 2) == first.half


def test_autocast_is_on_in_half_precision_only() -> None:
    weight = torch.ones(2, 2)
    with Computation("torch", "bfloat16", "cpu").autocast:
        assert (weight @ weight).dtype == torch.bfloat16
    with Computation("torch", "float32", "cpu").autocast:
        assert (weight @ weight).dtype == torch.float32
