"""Half precision where the hardware is faster with it."""

from contextlib import AbstractContextManager, nullcontext

import torch


def half_precision(device: torch.device) -> torch.dtype:
    """The half precision that the device is faster with; float32 where it has none."""
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if device.type == "cpu" and has_cpu_bfloat16() else torch.float32


def precision(device: torch.device) -> AbstractContextManager[object]:
    """Autocast to the device's half precision, where it has one."""
    dtype = half_precision(device)
    return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype)


def has_cpu_bfloat16() -> bool:
    """Whether the processor has AMX or AVX512 instructions for bfloat16; without them it is slower than float32.

    An older torch, which nnU-Net allows, cannot say; then the answer is no.
    """
    if not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
