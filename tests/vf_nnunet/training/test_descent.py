"""A step of the optimiser, with and without a scaled loss."""

import pytest
import torch

from vf_nnunet.training.descent import descend

GRADIENT = torch.tensor([3.0, 4.0])


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(
    ("clip", "length"), [(0, 5.0), (12.0, 5.0), (5.5, 5.0), (1.0, 1.0), (0.1, 0.1)], ids=lambda value: str(value)
)
def test_a_gradient_is_no_longer_than_the_clip(clip: float, length: float, *, scaled: bool) -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scaler = torch.amp.GradScaler("cpu") if scaled else None
    descend((weight * GRADIENT).sum(), optimizer, [weight], clip, scaler)
    torch.testing.assert_close(weight.detach(), -GRADIENT * (length / 5), rtol=1e-5, atol=1e-6)


def test_a_step_that_overflows_in_half_precision_is_left_out() -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scaler = torch.amp.GradScaler("cpu")
    descend((weight * float("inf")).sum(), optimizer, [weight], 12.0, scaler)
    assert not weight.any()
    scale: float = scaler.get_scale()
    assert scale == 2**15
