"""Half precision where the hardware is faster with it."""

from contextlib import nullcontext
from typing import Any

import pytest
import torch

from vf_nnunet.network.precision import half_precision, has_cpu_bfloat16, precision

CPU = torch.device("cpu")


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
