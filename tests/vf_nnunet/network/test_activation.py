"""PReLU with its own gradient."""

import pytest
import torch

from vf_nnunet.network.activation import ChannelPReLU


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
def test_equals_torch(dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    ours, theirs = ChannelPReLU(4, init=0.3), torch.nn.PReLU(4, init=0.3).to(dtype)
    gradients = []
    features = torch.randn(2, 4, 3, 5, 6)
    for layer in (ours, theirs):
        inputs = features.to(dtype).requires_grad_()
        outputs = layer(inputs)
        (outputs.float() ** 2).sum().backward()
        assert inputs.grad is not None
        assert layer.weight.grad is not None
        gradients.append((outputs.float(), inputs.grad.float(), layer.weight.grad.float()))
    for mine, reference in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, reference, atol=tolerance, rtol=tolerance)


def test_gradient_by_finite_differences() -> None:
    layer = ChannelPReLU(3, init=0.2).double()
    assert torch.autograd.gradcheck(layer, torch.randn(2, 3, 2, 2, 2, dtype=torch.float64, requires_grad=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_gradient_is_exactly_that_of_a_selection(dtype: torch.dtype) -> None:
    """Products with 0 and 1 round nothing."""
    torch.manual_seed(0)
    layer = ChannelPReLU(4, init=0.3)
    features, gradient = (torch.randn(2, 4, 3, 5, 6).to(dtype) for _ in range(2))
    features[0, 0, 0] = 0
    inputs = features.clone().requires_grad_()
    layer(inputs).backward(gradient)
    slope = torch.tensor(0.3).to(dtype)
    assert inputs.grad is not None
    torch.testing.assert_close(inputs.grad, torch.where(features < 0, gradient * slope, gradient), rtol=0, atol=0)
    negative = (gradient * features.clamp(max=0)).sum(dim=(0, 2, 3, 4), dtype=torch.float32)
    assert layer.weight.grad is not None
    torch.testing.assert_close(layer.weight.grad, negative, rtol=0, atol=0)
