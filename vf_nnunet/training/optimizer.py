"""RMSprop as DeepMedic defines it, which differs from torch's, and the training step's update."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer


class DeepMedicRMSprop(torch.optim.Optimizer):
    """RMSprop with epsilon inside the root and Nesterov momentum (DeepMedic v0.7, optimizers.py).

    With gradient g, decay r, learning rate a and momentum m::

        s = r s + (1 - r) g^2
        step = (1 - m) a g / sqrt(s + epsilon)
        v = m v - step
        weight += m v - step

    torch.optim.RMSprop divides by sqrt(s) + epsilon and uses heavy-ball momentum.

    Args:
        parameters: Weights to train.
        lr: Learning rate a.
        decay: Decay r of the squared gradients.
        epsilon: Added to the squared gradients inside the root.
        momentum: Nesterov momentum m.
        normalised: Whether a step has the factor 1 - m.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        decay: float = 0.9,
        epsilon: float = 1e-4,
        momentum: float = 0.6,
        normalised: bool = True,
    ) -> None:
        self.normalised = normalised
        super().__init__(parameters, {"lr": lr, "decay": decay, "epsilon": epsilon, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient; a closure is not supported."""
        if closure is not None:
            raise NotImplementedError("DeepMedicRMSprop takes no closure")
        for group in self.param_groups:
            self._update(group)

    def _update(self, group: dict[str, Any]) -> None:
        trained = [(weight, weight.grad) for weight in group["params"] if weight.grad is not None]
        if not trained:
            return
        weights: list[Tensor] = [weight for weight, _ in trained]
        gradients: list[Tensor] = [gradient for _, gradient in trained]
        squares = [self._moving(weight, "square") for weight in weights]
        velocities = [self._moving(weight, "velocity") for weight in weights]
        torch._foreach_mul_(squares, group["decay"])
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - group["decay"])
        roots = torch._foreach_add(squares, group["epsilon"])
        torch._foreach_sqrt_(roots)
        steps = torch._foreach_div(gradients, list(roots))
        torch._foreach_mul_(steps, (1 - group["momentum"] if self.normalised else 1) * group["lr"])
        torch._foreach_mul_(velocities, group["momentum"])
        torch._foreach_sub_(velocities, steps)
        torch._foreach_add_(weights, velocities, alpha=group["momentum"])
        torch._foreach_sub_(weights, steps)

    def _moving(self, weight: Tensor, name: str) -> Tensor:
        state = self.state[weight]
        if name not in state:
            state[name] = torch.zeros_like(weight)
        moving: Tensor = state[name]
        return moving


def optimisation_step(
    loss: Tensor, optimizer: Optimizer, weights: Iterable[Tensor], max_gradient_norm: float, scaler: Any = None
) -> None:
    """Backward pass and update, as in nnU-Net's training step, which always clips at a norm of 12.

    Args:
        loss: Scalar.
        optimizer: Of the weights.
        weights: All weights, whose gradients are clipped together.
        max_gradient_norm: A longer gradient is shortened to this norm; 0 does not clip.
        scaler: torch's GradScaler, where the loss is computed in float16.
    """
    if scaler is None:
        loss.backward()
        _clip(weights, max_gradient_norm)
        optimizer.step()
        return
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    _clip(weights, max_gradient_norm)
    scaler.step(optimizer)
    scaler.update()


def _clip(weights: Iterable[Tensor], max_norm: float) -> None:
    if max_norm > 0:
        clip_grad_norm_(weights, max_norm)
