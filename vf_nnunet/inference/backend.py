"""What a backend is, and which one computes an ensemble here."""

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Literal, Protocol, get_args

from dataset_conversion.spine.errors import InputError
from vf_nnunet.inference.weights import Ensemble, FloatArray

BackendName = Literal["openvino", "torch"]
BACKENDS: tuple[BackendName, ...] = get_args(BackendName)
INSTALLED_AS: Mapping[str, str] = MappingProxyType({"openvino": "vf_nnunet[openvino]", "torch": "torch"})
"""What pip calls each."""
Precision = Literal["half", "float32"]


class Backend(Protocol):
    """Computes blocks of an image, each with the context that the network reads.

    Attributes:
        ensemble: What is computed.
        bytes_per_value: Of the features in between: 2 in half precision, else 4.
    """

    ensemble: Ensemble
    bytes_per_value: int

    @property
    def device_memory_gb(self) -> float | None:
        """Free memory of a device that has its own, in 10^9 bytes; None where the host's is used."""

    def probabilities(self, block: FloatArray) -> FloatArray:
        """Mean of the folds' probabilities.

        Args:
            block: (C, z, y, x), what is predicted being multiples of the subsampling factor, plus the context.

        Returns:
            (classes, z - 2 context_z, y - 2 context_y, x - 2 context_x).

        Raises:
            MemoryError: If the block is too large for the device.
        """


def open_backend(
    ensemble: Ensemble, name: str | None = None, device: str | None = None, precision: Precision = "half"
) -> Backend:
    """The backend of that name, or the fastest that is there.

    Args:
        ensemble: What is to be computed.
        name: One of `BACKENDS`. None takes torch on a GPU; on a CPU OpenVINO where it is installed, else torch.
        device: "cpu", "cuda", "cuda:1" or "mps"; None takes the NVIDIA GPU where there is one, else the CPU.
        precision: "half" uses bfloat16 or float16 where the device is faster with it.

    Raises:
        InputError: If the backend is unknown, not installed, or cannot use the device.
    """
    on_gpu = _has_cuda() if device is None else device != "cpu"
    chosen = name or ("torch" if on_gpu or find_spec("openvino") is None else "openvino")
    if chosen not in BACKENDS:
        raise InputError(f"backend {chosen}: unknown; expected one of {', '.join(BACKENDS)}")
    if find_spec(chosen) is None:
        raise InputError(f'backend {chosen}: not installed; run pip install "{INSTALLED_AS[chosen]}"')
    if chosen == "openvino":
        if device not in (None, "cpu"):
            raise InputError(f"backend openvino computes on the CPU; -device {device} needs --backend torch")
        from vf_nnunet.inference.openvino_backend import OpenVinoBackend

        return OpenVinoBackend(ensemble, precision)
    from vf_nnunet.inference.torch_backend import TorchBackend

    return TorchBackend(ensemble, device, precision)


def _has_cuda() -> bool:
    """Whether torch can use a GPU here; without NVIDIA's driver the seconds of importing it are saved."""
    if shutil.which("nvidia-smi") is None or find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()
