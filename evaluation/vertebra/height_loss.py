"""The height that a vertebral body has lost, against itself and against an unfractured neighbour.

A loss is not a grade. In VerSe's mask of subject 004, the collapsed L1 (Genant grade 3, more than 40%) has lost 30%
against its own tallest height and 60% against T12; T9 and T10 (grade 2, 25 to 40%) have lost 23 and 18% against
themselves, 31 and 25% against T11. Heights of neighbouring levels differ by up to 7% (Panjabi et al. 1992) and grow
downwards, so the body above gives a slightly lower loss than the body below.

It must be known which bodies are unfractured: `predict` asks the detector, `evaluate` the read grades. The height rule
of the benchmark (`height_rule`) does without, and is another number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dataset_conversion.spine.heights import Heights

FARTHEST = 3
"""Most levels between a body and the neighbour that it is compared with."""


@dataclass(frozen=True)
class HeightLoss:
    """Shares of height that a body has lost, 0 to 1.

    Attributes:
        own: 1 - lowest / tallest of its anterior, middle and posterior heights. It is 0 for a body that is crushed
            evenly.
        neighbour: The largest of 1 - height / height of the neighbour at the same place, at least 0; None without a
            neighbour.
    """

    own: float
    neighbour: float | None

    @property
    def largest(self) -> float:
        """The larger of both losses; that against itself without a neighbour."""
        return max(self.own, self.neighbour or 0.0)


def height_loss(heights: Heights, neighbour: Heights | None) -> HeightLoss:
    """The loss of a body.

    Args:
        heights: Its heights.
        neighbour: Heights of the nearest unfractured body; None if there is none.
    """
    own = _places(heights)
    against = (
        None if neighbour is None else [1 - one / other for one, other in zip(own, _places(neighbour), strict=True)]
    )
    return HeightLoss(own=1 - min(own) / max(own), neighbour=None if against is None else max(0.0, *against))


def height_losses_down(heights: Sequence[Heights | None], is_fractured: Sequence[bool]) -> list[HeightLoss | None]:
    """The loss of each body of a spine; None for a body that is not measured.

    Args:
        heights: Heights of consecutive vertebrae from the top down; None for one that is not measured.
        is_fractured: Which of them are fractured, so that none is compared with them.
    """
    references = (unfractured_neighbour(number, heights, is_fractured) for number in range(len(heights)))
    return [
        None if body is None else height_loss(body, None if reference is None else heights[reference])
        for body, reference in zip(heights, references, strict=True)
    ]


def unfractured_neighbour(number: int, heights: Sequence[Heights | None], is_fractured: Sequence[bool]) -> int | None:
    """The nearest unfractured body above that is measured, else the nearest below; None if none is near.

    Args:
        number: Place of the body in the sequences.
        heights: Heights of consecutive vertebrae from the top down; None for one that is not measured.
        is_fractured: Which of them are fractured.
    """
    above = range(number - 1, max(number - FARTHEST, 0) - 1, -1)
    below = range(number + 1, min(number + FARTHEST + 1, len(heights)))
    usable = (other for other in (*above, *below) if heights[other] is not None and not is_fractured[other])
    return next(usable, None)


def _places(heights: Heights) -> tuple[float, float, float]:
    return heights.anterior, heights.middle, heights.posterior
