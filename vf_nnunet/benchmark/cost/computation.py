"""How an arm computes: library, precision, threads and device."""

from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from vf_nnunet.inference.backend import BackendName, Precision
from vf_nnunet.network.device import half_precision

OPENVINO_SETTINGS = {"PERFORMANCE_HINT": "LATENCY"}
"""Those of this plugin's own backend."""


@dataclass(frozen=True)
class Computation:
    """The library that computes a network, and how.

    Attributes:
        backend: Library.
        precision: "float32", "bfloat16" or "float16": that of the convolutions. This plugin computes its subsampled
            pathway in float32 with any precision, and torch's autocast leaves the normalisation in float32.
        device: torch's name of the device.
    """

    backend: BackendName
    precision: str
    device: str

    @property
    def name(self) -> str:
        """Name in the columns of the table."""
        return f"{'OpenVINO' if self.backend == 'openvino' else self.backend} {self.precision}"

    @property
    def half(self) -> bool:
        """Whether the precision is a half precision."""
        return self.precision != "float32"

    @property
    def backend_precision(self) -> Precision:
        """The precision as this plugin's backends name it."""
        return "half" if self.half else "float32"

    @property
    def autocast(self) -> "torch.autocast":
        """Torch's context for this precision; it does nothing in float32."""
        dtype: torch.dtype = getattr(torch, self.precision)
        kind = torch.device(self.device).type
        return torch.autocast(kind, dtype if self.half else None, enabled=self.half)

    def describe(self) -> dict[str, Any]:
        """Values for the table."""
        threads = openvino_threads() if self.backend == "openvino" else torch.get_num_threads()
        return {**asdict(self), "threads": threads}


def own_computations(device: torch.device) -> list[Computation]:
    """This plugin's: as shipped, torch in half precision and torch in float32; first the shipped one."""
    half = _half(device)
    found = [Computation("openvino", half, str(device))] if has_openvino(device) else []
    return _distinct([*found, Computation("torch", half, str(device)), Computation("torch", "float32", str(device))])


def default_computations(device: torch.device) -> list[Computation]:
    """nnU-Net's: as shipped, by torch in half precision, and by OpenVINO in half precision; first the shipped one.

    nnU-Net computes in half precision on an NVIDIA GPU only. Where the processor has no bfloat16, half is float32.
    """
    half = _half(device)
    shipped = Computation("torch", half if device.type == "cuda" else "float32", str(device))
    found = [Computation("openvino", half, str(device))] if has_openvino(device) else []
    return _distinct([shipped, Computation("torch", half, str(device)), *found])


def own_training(device: torch.device) -> Computation:
    """How this plugin trains."""
    return Computation("torch", _half(device), str(device))


def has_openvino(device: torch.device) -> bool:
    """Whether OpenVINO is installed and the device is the CPU, the only one on which it is used."""
    return device.type == "cpu" and find_spec("openvino") is not None


@cache
def openvino_threads() -> int:
    """Number of threads that OpenVINO takes with `OPENVINO_SETTINGS`."""
    import openvino
    from openvino import opset13 as operations

    image = operations.parameter([1], np.float32)
    model = openvino.Model([operations.relu(image)], [image])
    compiled = openvino.Core().compile_model(model, "CPU", OPENVINO_SETTINGS)
    return int(compiled.get_property("INFERENCE_NUM_THREADS"))


def _half(device: torch.device) -> str:
    return str(half_precision(device)).removeprefix("torch.")


def _distinct(found: list[Computation]) -> list[Computation]:
    return list(dict.fromkeys(found))
