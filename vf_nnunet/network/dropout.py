"""Dropout whose random mask costs little on a CPU."""

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 256
"""One random byte decides over one unit, so the rate is a multiple of 1/256."""


class ByteDropout(nn.Module):
    """Dropout with a mask of random bytes, eight to each 64-bit draw.

    `torch.nn.Dropout` draws one Bernoulli number a unit, which on a CPU takes a third of this network's training step;
    here the mask takes a few milliseconds. Kept units are scaled by 1 / (1 - rate), as in torch. Other devices draw
    fast, and their networks are compiled, which in-place draws would break: they have torch's own dropout.
    """

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        self.set_rate(rate)

    def set_rate(self, rate: float) -> None:
        """Drop this share of the units from now on."""
        kept = LEVELS - round(rate * LEVELS)
        if not 0 < kept <= LEVELS:
            raise ValueError(f"dropout rate {rate}: expected a value from 0 up to, not including, 1")
        self.kept = kept

    def forward(self, features: Tensor) -> Tensor:
        """`features` of any shape, with units set to zero while training."""
        if not self.training or self.kept == LEVELS:
            return features
        if features.device.type != "cpu":
            return functional.dropout(features, self.rate)
        units = features.numel()
        draws = torch.empty(-(-units // 8), dtype=torch.int64).random_(-(2**63), None)
        mask = draws.view(torch.uint8)[:units].view(features.shape) < self.kept
        return features * (mask.to(features.dtype) * (LEVELS / self.kept))

    @property
    def rate(self) -> float:
        """The share of the units that are dropped."""
        return 1 - self.kept / LEVELS

    def extra_repr(self) -> str:
        """The rate, for printing a network."""
        return f"rate={self.rate}"
