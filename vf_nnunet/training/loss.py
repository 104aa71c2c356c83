"""Cross-entropy with DeepMedic's L1 and L2 penalties; a loss that is not finite is an error."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class NonFiniteLossError(ArithmeticError):
    """A loss became infinite or not a number.

    Attributes:
        segments: Indices in the batch of the segments whose logits are not finite.
    """

    def __init__(self, loss: float, segments: Sequence[int]) -> None:
        super().__init__(f"the loss became {loss}")
        self.segments = tuple(segments)


class RegularisedCrossEntropy(nn.Module):
    """Mean cross-entropy over the annotated voxels, plus l1 sum|W| + l2 sum(W^2) over all convolution kernels.

    As in DeepMedic v0.7 (cost_functions.py, cnn3d.py), biases, batch normalisation and PReLU are not penalised. Without
    gradients the penalty is omitted, so that a validation loss is the plain cross-entropy.

    Args:
        network: The network whose kernels are penalised.
        l1: Weight of the sum of absolute values.
        l2: Weight of the sum of squares.
        ignore_label: Label of voxels that do not count; None if there is none.
    """

    def __init__(self, network: nn.Module, l1: float, l2: float, ignore_label: int | None) -> None:
        super().__init__()
        self._kernels = [weight for weight in network.parameters() if weight.ndim > 1]
        self.l1 = l1
        self.l2 = l2
        self.ignore_index = -100 if ignore_label is None else ignore_label

    def forward(self, logits: list[Tensor], target: list[Tensor]) -> Tensor:
        """Loss of logits [(N, classes, z, y, x)] and labels [(N, 1, z, y, x)], in lists as nnU-Net passes them.

        Raises:
            NonFiniteLossError: If the loss is infinite or not a number.
        """
        labels = target[0][:, 0].long()
        summed = functional.cross_entropy(logits[0], labels, ignore_index=self.ignore_index, reduction="sum")
        loss = summed / (labels != self.ignore_index).sum().clamp(min=1)
        if torch.is_grad_enabled():
            loss = loss + self.penalty()
        check_finite(loss, logits[0])
        return loss

    def penalty(self) -> Tensor:
        """l1 sum|W| + l2 sum(W^2) over all convolution kernels."""
        absolute = torch.stack([kernel.abs().sum() for kernel in self._kernels]).sum()
        squared = torch.stack([kernel.square().sum() for kernel in self._kernels]).sum()
        return self.l1 * absolute + self.l2 * squared


def check_finite(loss: Tensor, logits: Tensor) -> None:
    """Check a loss before it reaches the weights.

    Args:
        loss: Scalar.
        logits: (N, classes, z, y, x).

    Raises:
        NonFiniteLossError: If the loss is infinite or not a number.
    """
    if not torch.isfinite(loss):
        raise NonFiniteLossError(float(loss.detach()), non_finite_segments(logits))


def non_finite_segments(values: Tensor) -> list[int]:
    """Indices along the first axis where not all values are finite."""
    indices: list[int] = torch.nonzero(~torch.isfinite(values).flatten(1).all(1)).flatten().tolist()
    return indices


def non_finite_cases(image: Tensor, keys: Sequence[str], error: NonFiniteLossError) -> str:
    """Name the cases of a batch that made its loss not finite, for an error message.

    Batch normalisation spreads one segment's NaN to all others. Therefore the images are examined first, then the
    logits.

    Args:
        image: (N, C, z, y, x), the network's input.
        keys: Case of each segment.
        error: The exception that the loss raised.
    """
    by_image = non_finite_segments(image)
    chosen = by_image or error.segments or range(len(keys))
    cases = ", ".join(sorted({keys[index] for index in chosen}))
    return f"case {cases}, whose preprocessed image is not finite" if by_image else f"cases {cases}"
