"""Half precision where the hardware is faster with it."""

from contextlib import AbstractContextManager, nullcontext

import torch


def precision(device: torch.device) -> AbstractContextManager[object]:
    """Autocast to half precision where the device is faster with it: CUDA, and CPUs with bfloat16 instructions."""
    if device.type == "cuda":
        return torch.autocast("cuda")
    if device.type == "cpu" and has_cpu_bfloat16():
        return torch.autocast("cpu", torch.bfloat16)
    return nullcontext()


def has_cpu_bfloat16() -> bool:
    """Whether the processor has AMX or AVX512 instructions for bfloat16; without them it is slower than float32."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
