"""One step of the optimiser down a loss."""

from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer


def descend(loss: Tensor, optimizer: Optimizer, weights: Iterable[Tensor], clip: float, scaler: Any = None) -> None:
    """Backward pass and step, as nnU-Net's, which always clips at 12.

    Args:
        clip: Longest gradient of all `weights` together; 0 for any.
        scaler: torch's GradScaler, where the loss is computed in float16.
    """
    if scaler is None:
        loss.backward()
        _shorten(weights, clip)
        optimizer.step()
        return
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    _shorten(weights, clip)
    scaler.step(optimizer)
    scaler.update()


def _shorten(weights: Iterable[Tensor], clip: float) -> None:
    if clip > 0:
        clip_grad_norm_(weights, clip)
