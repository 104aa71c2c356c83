"""RMSprop in DeepMedic's form."""

import math
from copy import deepcopy

import pytest
import torch

from vf_nnunet.training.optimizer import DeepMedicRMSprop


def by_hand(weight: float, gradients: list[float], rate: float, normalised: bool = True) -> float:
    """DeepMedic v0.7's optimizers.py, one number at a time."""
    square = velocity = 0.0
    for gradient in gradients:
        square = 0.9 * square + 0.1 * gradient**2
        step = (1 - 0.6 if normalised else 1) * rate * gradient / math.sqrt(square + 1e-4)
        new_velocity = 0.6 * velocity - step
        weight = weight + 0.6 * new_velocity - step
        velocity = new_velocity
    return weight


@pytest.mark.parametrize("normalised", [True, False])
def test_equals_the_formula(normalised: bool) -> None:
    gradients = [0.5, -2.0, 0.001, 0.3]
    weight = torch.nn.Parameter(torch.tensor([1.5]))
    optimizer = DeepMedicRMSprop([weight], lr=1e-3, normalised=normalised)
    for gradient in gradients:
        weight.grad = torch.tensor([gradient])
        optimizer.step()
    assert weight.item() == pytest.approx(by_hand(1.5, gradients, 1e-3, normalised), abs=3e-7)


def test_a_restored_state_goes_on_alike() -> None:
    def step(weight: torch.nn.Parameter, optimizer: DeepMedicRMSprop) -> None:
        optimizer.zero_grad()
        (weight**2).sum().backward()
        optimizer.step()

    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = DeepMedicRMSprop([weight], lr=1e-2)
    step(weight, optimizer)
    copy = torch.nn.Parameter(weight.detach().clone())
    restored = DeepMedicRMSprop([copy], lr=1.0)
    restored.load_state_dict(deepcopy(optimizer.state_dict()))
    step(weight, optimizer)
    step(copy, restored)
    assert restored.param_groups[0]["lr"] == 1e-2
    torch.testing.assert_close(copy, weight, rtol=0, atol=0)


def test_weights_without_gradient_stay() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    DeepMedicRMSprop([weight], lr=1.0).step()
    torch.testing.assert_close(weight, torch.ones(2), check_stride=False)
