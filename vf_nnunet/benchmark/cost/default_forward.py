"""The network of nnU-Net's own plans, computed by torch or by OpenVINO in either precision."""

from collections.abc import Mapping
from typing import Any

import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from torch import Tensor, nn

from vf_nnunet.benchmark.cost.computation import OPENVINO_SETTINGS, Computation

OPENVINO_PRECISIONS = {"bfloat16": "bf16", "float32": "f32"}


def default_network(configuration: Mapping[str, Any], channels: int, classes: int) -> nn.Module:
    """The network of a configuration in nnU-Net's own plans."""
    architecture = configuration["architecture"]
    network: nn.Module = get_network_from_plans(
        architecture["network_class_name"],
        architecture["arch_kwargs"],
        architecture["_kw_requires_import"],
        channels,
        classes,
        deep_supervision=False,
    )
    return network.eval()


class DefaultForward(nn.Module):
    """Computes a network in place of the network itself, in nnU-Net's predictor too.

    OpenVINO compiles the network for the shape of the first window; nnU-Net's windows all have the same shape.

    Args:
        network: The network, in evaluation mode.
        computation: How it is computed.
    """

    def __init__(self, network: nn.Module, computation: Computation) -> None:
        super().__init__()
        self.network = network.to(computation.device)
        self._computation = computation
        self._request: Any = None

    @torch.no_grad()
    def forward(self, window: Tensor) -> Tensor:
        """Logits of a window (1, C, z, y, x), without gradients."""
        if self._computation.backend == "openvino":
            return self._by_openvino(window)
        with self._computation.autocast:
            logits: Tensor = self.network(window)
        return logits

    def load_state_dict(self, *arguments: Any, **options: Any) -> Any:
        """Load another fold's weights, as nnU-Net's predictor does."""
        self._request = None
        return self.network.load_state_dict(*arguments, **options)

    def _by_openvino(self, window: Tensor) -> Tensor:
        if self._request is None:
            import openvino

            model = openvino.convert_model(self.network, example_input=window, input=list(window.shape))
            precision = OPENVINO_PRECISIONS[self._computation.precision]
            settings = {**OPENVINO_SETTINGS, "INFERENCE_PRECISION_HINT": precision}
            self._request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
        (logits,) = self._request.infer([window.contiguous().numpy()]).values()
        # A copy: the request's buffer is overwritten by the next window.
        return torch.from_numpy(logits.copy())
