"""Which device computes."""

import torch

from dataset_conversion.spine.errors import InputError


def usable_device(requested: str | None) -> torch.device:
    """The requested device ("cpu", "cuda", "cuda:1", "mps"), or the NVIDIA GPU where there is one.

    Raises:
        InputError: If it is not there, which torch would say only when it is first used.
    """
    if requested is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(requested)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(
            f"device {requested}: torch {torch.__version__} finds {torch.cuda.device_count()} NVIDIA GPUs here; "
            "wanted that GPU with a CUDA build of torch, or another device"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise InputError(f"device {requested}: not here; wanted an Apple GPU, or another device")
    return device
