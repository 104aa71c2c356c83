"""Which case made a loss not finite."""

import pytest
import torch

from vf_nnunet.training.finite_loss import NonFiniteLossError, check_finite, spoilt_cases, spoilt_segments

KEYS = ["b", "a", "b", "c"]


def with_bad(value: float, *places: int) -> torch.Tensor:
    values = torch.zeros(4, 2, 3, 3, 3)
    for place in places:
        values[place, 1, 2, 0, 1] = value
    return values


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_finds_the_segments(value: float) -> None:
    assert spoilt_segments(with_bad(value, 0, 3)) == [0, 3]
    assert spoilt_segments(with_bad(0.0)) == []


def test_a_finite_loss_passes() -> None:
    check_finite(torch.tensor(1.5), with_bad(float("nan"), 0))


def test_a_loss_names_its_segments() -> None:
    with pytest.raises(NonFiniteLossError, match="became inf") as error:
        check_finite(torch.tensor(float("inf")), with_bad(float("inf"), 1))
    assert error.value.segments == (1,)


def test_the_image_is_asked_before_the_logits() -> None:
    everything = NonFiniteLossError(float("nan"), [0, 1, 2, 3])
    assert spoilt_cases(with_bad(float("nan"), 3), KEYS, everything) == "case c, whose preprocessed image is not finite"
    assert spoilt_cases(with_bad(0.0), KEYS, NonFiniteLossError(1.0, [0, 2])) == "cases b"
    assert spoilt_cases(with_bad(0.0), KEYS, NonFiniteLossError(1.0, [])) == "cases a, b, c"
