"""Choose and open the backend that computes an ensemble."""

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from dataset_conversion.spine.errors import InputError
from vf_nnunet.inference.backend import BACKENDS, Backend, Precision
from vf_nnunet.inference.weights import Ensemble

PIP_REQUIREMENTS: Mapping[str, str] = MappingProxyType({"openvino": "vf_nnunet[openvino]", "torch": "torch"})
"""What to install with pip for each backend."""


def open_backend(
    ensemble: Ensemble, name: str | None = None, device: str | None = None, precision: Precision = "half"
) -> Backend:
    """Open the backend of that name, or the fastest one that is available.

    Args:
        ensemble: The folds to compute.
        name: One of `BACKENDS`. None takes torch on a GPU; on a CPU it takes OpenVINO if installed, otherwise torch.
        device: "cpu", "cuda", "cuda:1" or "mps". None takes the NVIDIA GPU if there is one, otherwise the CPU.
        precision: "half" uses bfloat16 or float16 where the device is faster with it.

    Raises:
        InputError: If the backend is unknown, is not installed, or cannot use the device.
    """
    chosen = name or _fastest(device)
    _check(chosen, device)
    # Each module imports its library, and only the chosen one needs to be installed.
    if chosen == "openvino":
        from vf_nnunet.inference.openvino_backend import OpenVinoBackend

        return OpenVinoBackend(ensemble, precision)
    from vf_nnunet.inference.torch_backend import TorchBackend

    return TorchBackend(ensemble, device, precision)


def _fastest(device: str | None) -> str:
    on_gpu = _has_cuda() if device is None else device != "cpu"
    return "torch" if on_gpu or find_spec("openvino") is None else "openvino"


def _check(name: str, device: str | None) -> None:
    if name not in BACKENDS:
        raise InputError(f"backend {name}: unknown; expected one of {', '.join(BACKENDS)}")
    if find_spec(name) is None:
        raise InputError(f'backend {name}: not installed; run pip install "{PIP_REQUIREMENTS[name]}"')
    if name == "openvino" and device not in (None, "cpu"):
        raise InputError(f"backend openvino computes on the CPU; -device {device} needs --backend torch")


def _has_cuda() -> bool:
    """Whether torch can use a GPU. torch takes seconds to import, so NVIDIA's driver is looked for first."""
    if shutil.which("nvidia-smi") is None or find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()
