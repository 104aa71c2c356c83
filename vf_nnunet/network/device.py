"""The device that computes, and its half precision."""

from contextlib import AbstractContextManager, nullcontext

import torch

from dataset_conversion.spine.errors import InputError


def usable_device(requested: str | None) -> torch.device:
    """The requested device, or by default the NVIDIA GPU where there is one, else the CPU.

    torch itself reports a missing device only when it is first used.

    Args:
        requested: "cpu", "cuda", "cuda:1" or "mps"; None for the default.

    Raises:
        InputError: If this machine does not have the device.
    """
    if requested is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(requested)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(
            f"device {requested}: torch {torch.__version__} finds {torch.cuda.device_count()} NVIDIA GPUs here; "
            "expected that GPU with a CUDA build of torch, or another device, such as -device cpu"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise InputError(
            f"device {requested}: not found; expected an Apple GPU, or another device, such as -device cpu"
        )
    return device


def half_precision(device: torch.device) -> torch.dtype:
    """The half precision in which the device is faster; float32 where there is none."""
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if device.type == "cpu" and has_cpu_bfloat16() else torch.float32


def precision(device: torch.device) -> AbstractContextManager[object]:
    """A context that autocasts to the device's half precision, if it has one."""
    dtype = half_precision(device)
    return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype)


def has_cpu_bfloat16() -> bool:
    """Whether the processor has AMX or AVX512 instructions for bfloat16; without them it is slower than float32.

    Older versions of torch, which nnU-Net allows, cannot tell; then the answer is no.
    """
    if not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
