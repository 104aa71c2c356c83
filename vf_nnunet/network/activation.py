"""PReLU with a gradient that is fast on a CPU."""

from typing import Any

import torch
from torch import Tensor, nn


class _PReLUFunction(torch.autograd.Function):
    """max(0, x) + slope * min(0, x), with one slope per channel."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, slope: Tensor) -> Tensor:
        ctx.save_for_backward(features, slope)
        return nn.functional.prelu(features, slope.to(features.dtype))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        features, slope = ctx.saved_tensors
        broadcast = slope.to(gradient.dtype).view(1, -1, 1, 1, 1)
        # Products with 0 and -1 give the values of `torch.where`, which is not vectorised for bfloat16.
        at_negative = features.clamp(max=0).sign_().mul_(gradient)
        slope_gradient = -(at_negative * features).sum(dim=(0, 2, 3, 4), dtype=torch.float32)
        return (gradient + at_negative).addcmul_(at_negative, broadcast, value=-1), slope_gradient.to(slope.dtype)


class ChannelPReLU(nn.PReLU):
    """`torch.nn.PReLU` for features (N, channels, z, y, x).

    In bfloat16 on a CPU, torch's own gradient takes a quarter of this network's training step. This one takes a sixth
    of that.
    """

    def forward(self, features: Tensor) -> Tensor:
        """The activation of `features`."""
        if features.device.type != "cpu" or not torch.is_grad_enabled():
            return super().forward(features)
        activated: Tensor = _PReLUFunction.apply(features, self.weight)
        return activated
