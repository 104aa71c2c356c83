"""Cross-entropy with penalties, and which case made a loss not finite."""

import pytest
import torch

from vf_nnunet.network.dual_pathway import DualPathwayNet
from vf_nnunet.training.loss import (
    NonFiniteLossError,
    RegularisedCrossEntropy,
    check_finite,
    non_finite_cases,
    non_finite_segments,
)

IGNORE = 3
KEYS = ["b", "a", "b", "c"]


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 4, 4, generator=generator)
    return logits, torch.randint(0, 4, (2, 1, 4, 4, 4), generator=generator)


def test_is_the_mean_over_annotated_voxels(tiny_network: DualPathwayNet) -> None:
    logits, labels = batch()
    loss = RegularisedCrossEntropy(tiny_network, 0, 0, IGNORE)([logits], [labels])
    probabilities = torch.softmax(logits, 1)
    kept = labels[:, 0] != IGNORE
    chosen = probabilities.gather(1, labels.clamp(max=2))[:, 0][kept]
    torch.testing.assert_close(loss, -chosen.log().mean())


def test_a_batch_without_annotation_gives_zero(tiny_network: DualPathwayNet) -> None:
    logits, labels = batch()
    assert RegularisedCrossEntropy(tiny_network, 0, 0, IGNORE)([logits], [torch.full_like(labels, IGNORE)]) == 0


def test_penalty_is_deepmedics(tiny_network: DualPathwayNet) -> None:
    loss = RegularisedCrossEntropy(tiny_network, 0.5, 0.25, None)
    kernels = [m.weight for m in tiny_network.modules() if isinstance(m, torch.nn.Conv3d)]
    expected = sum(0.5 * kernel.abs().sum() + 0.25 * (kernel**2).sum() for kernel in kernels)
    torch.testing.assert_close(loss.penalty(), expected)


def test_penalty_counts_only_for_training(tiny_network: DualPathwayNet) -> None:
    logits, labels = batch()
    labels = labels.clamp(max=2)
    loss = RegularisedCrossEntropy(tiny_network, 0.5, 0.25, None)
    with torch.no_grad():
        plain = loss([logits], [labels])
    assert (loss([logits], [labels]) - plain).item() == pytest.approx(loss.penalty().item(), rel=1e-5)


def with_bad(value: float, *places: int) -> torch.Tensor:
    values = torch.zeros(4, 2, 3, 3, 3)
    for place in places:
        values[place, 1, 2, 0, 1] = value
    return values


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_finds_the_segments(value: float) -> None:
    assert non_finite_segments(with_bad(value, 0, 3)) == [0, 3]
    assert non_finite_segments(with_bad(0.0)) == []


def test_a_finite_loss_passes() -> None:
    check_finite(torch.tensor(1.5), with_bad(float("nan"), 0))


def test_the_exception_names_the_segments() -> None:
    with pytest.raises(NonFiniteLossError, match="became inf") as error:
        check_finite(torch.tensor(float("inf")), with_bad(float("inf"), 1))
    assert error.value.segments == (1,)


def test_images_are_examined_before_logits() -> None:
    everything = NonFiniteLossError(float("nan"), [0, 1, 2, 3])
    assert (
        non_finite_cases(with_bad(float("nan"), 3), KEYS, everything)
        == "case c, whose preprocessed image is not finite"
    )
    assert non_finite_cases(with_bad(0.0), KEYS, NonFiniteLossError(1.0, [0, 2])) == "cases b"
    assert non_finite_cases(with_bad(0.0), KEYS, NonFiniteLossError(1.0, [])) == "cases a, b, c"
