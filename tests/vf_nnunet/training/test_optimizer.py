"""RMSprop in DeepMedic's form, and a step with and without a scaled loss."""

import math
from copy import deepcopy

import pytest
import torch

from vf_nnunet.training.optimizer import DeepMedicRMSprop, optimisation_step

GRADIENT = torch.tensor([3.0, 4.0])


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


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(
    ("clip", "length"), [(0, 5.0), (12.0, 5.0), (5.5, 5.0), (1.0, 1.0), (0.1, 0.1)], ids=lambda value: str(value)
)
def test_a_gradient_is_no_longer_than_the_clip(clip: float, length: float, *, scaled: bool) -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scaler = torch.amp.GradScaler("cpu") if scaled else None
    optimisation_step((weight * GRADIENT).sum(), optimizer, [weight], clip, scaler)
    torch.testing.assert_close(weight.detach(), -GRADIENT * (length / 5), rtol=1e-5, atol=1e-6)


def test_a_step_that_overflows_in_half_precision_is_left_out() -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scaler = torch.amp.GradScaler("cpu")
    optimisation_step((weight * float("inf")).sum(), optimizer, [weight], 12.0, scaler)
    assert not weight.any()
    scale: float = scaler.get_scale()
    assert scale == 2**15
