"""A loss that is not finite ends the training, before it reaches the weights."""

from collections.abc import Sequence

import torch
from torch import Tensor


class NonFiniteLossError(ArithmeticError):
    """A loss became infinite or not a number.

    Attributes:
        segments: Places in the batch of the segments whose logits are not finite.
    """

    def __init__(self, loss: float, segments: Sequence[int]) -> None:
        super().__init__(f"the loss became {loss}")
        self.segments = tuple(segments)


def check_finite(loss: Tensor, logits: Tensor) -> None:
    """Raise NonFiniteLossError unless `loss` is finite.

    Args:
        logits: (N, classes, z, y, x).
    """
    if not torch.isfinite(loss):
        raise NonFiniteLossError(float(loss.detach()), spoilt_segments(logits))


def spoilt_segments(values: Tensor) -> list[int]:
    """Places along the first axis where not all values are finite."""
    spoilt: list[int] = torch.nonzero(~torch.isfinite(values).flatten(1).all(1)).flatten().tolist()
    return spoilt


def spoilt_cases(image: Tensor, keys: Sequence[str], error: NonFiniteLossError) -> str:
    """The cases of a batch that made its loss not finite, for the user.

    Normalisation over the batch spreads one segment's NaN to all; so the images are asked first, then the logits.

    Args:
        image: (N, C, z, y, x), what the network read.
        keys: Case of each segment.
    """
    by_image = spoilt_segments(image)
    chosen = by_image or error.segments or range(len(keys))
    cases = ", ".join(sorted({keys[place] for place in chosen}))
    return f"case {cases}, whose preprocessed image is not finite" if by_image else f"cases {cases}"
