"""A missing device is one line, not torch's traceback; half precision is used where the hardware is faster with it."""

from contextlib import nullcontext
from typing import Any

import pytest
import torch

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cli import main
from vf_nnunet.network.device import half_precision, has_cpu_bfloat16, precision, usable_device

CPU = torch.device("cpu")


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two NVIDIA GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("gpus")
def test_devices_that_are_there() -> None:
    for name in ("cpu", "cuda", "cuda:1"):
        assert str(usable_device(name)) == name
    assert usable_device(None).type == "cuda"
    with pytest.raises(InputError, match=r"device cuda:2: .* finds 2 NVIDIA GPUs"):
        usable_device("cuda:2")


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps"])
def test_devices_that_are_not(name: str) -> None:
    assert usable_device(None).type == "cpu"
    with pytest.raises(InputError, match=f"device {name}: .* or another device"):
        usable_device(name)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_command_says_it_in_one_line(name: str, tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-o", f"{tmp_path}/demo", "-device", name]) == 2
    assert capsys.readouterr().err.startswith(f"vf_nnunet demo: device {name}: ")


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [
        ({"amx_bf16": True, "avx512_bf16": False}, torch.bfloat16),
        ({"amx_bf16": False, "avx512_bf16": True}, torch.bfloat16),
        ({"avx2": True}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_a_processor_has_what_its_instructions_allow(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, Any], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert half_precision(CPU) == dtype


def test_a_torch_that_cannot_say_has_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not has_cpu_bfloat16()
    assert half_precision(CPU) == torch.float32
    assert isinstance(precision(CPU), nullcontext)


def test_a_gpu_has_float16_and_others_none() -> None:
    assert half_precision(torch.device("cuda")) == torch.float16
    assert half_precision(torch.device("mps")) == torch.float32
