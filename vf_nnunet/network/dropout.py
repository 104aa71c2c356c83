"""Dropout with a random mask that is fast to draw on a CPU."""

import torch
from torch import Tensor, nn
from torch.nn import functional

BYTE_VALUES = 256
"""One random byte decides whether a unit is kept, so the rate is a multiple of 1/256."""


class ByteDropout(nn.Module):
    """Dropout with a mask of random bytes, eight per 64-bit draw.

    `torch.nn.Dropout` draws one Bernoulli number per unit, which on a CPU takes a third of this network's training
    step; here the mask takes a few milliseconds. Kept units are scaled by 1 / (1 - rate), as in torch. Other devices
    use torch's own dropout: they draw fast, and their networks are compiled, which in-place draws would break.

    Args:
        rate: Share of the units to drop.
    """

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        self.set_rate(rate)

    def set_rate(self, rate: float) -> None:
        """Change the share of the units to drop."""
        kept = BYTE_VALUES - round(rate * BYTE_VALUES)
        if not 0 < kept <= BYTE_VALUES:
            raise ValueError(f"dropout rate {rate}: expected a value from 0 up to, not including, 1")
        self.kept = kept

    def forward(self, features: Tensor) -> Tensor:
        """Set units of `features`, of any shape, to zero while training."""
        if not self.training or self.kept == BYTE_VALUES:
            return features
        if features.device.type != "cpu":
            return functional.dropout(features, self.rate)
        units = features.numel()
        draws = torch.empty(-(-units // 8), dtype=torch.int64).random_(-(2**63), None)
        mask = draws.view(torch.uint8)[:units].view(features.shape) < self.kept
        return features * (mask.to(features.dtype) * (BYTE_VALUES / self.kept))

    @property
    def rate(self) -> float:
        """Share of the units that are dropped."""
        return 1 - self.kept / BYTE_VALUES

    def extra_repr(self) -> str:
        """The rate, for the printed form of a network."""
        return f"rate={self.rate}"
