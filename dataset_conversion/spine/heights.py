"""The heights of vertebral bodies, and the score of the height rule.

The score needs no knowledge of which vertebrae are fractured, so that it can be compared with a detector. The loss of
height that `predict` and `evaluate` report is against an unfractured neighbour, and is not defined here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat


@dataclass(frozen=True)
class Heights:
    """Anterior, middle and posterior height of a body in mm (six-point morphometry in the mid-sagittal plane)."""

    anterior: float
    middle: float
    posterior: float

    @property
    def rim(self) -> float:
        """Height half-way between the anterior and posterior edge, without the endplates' concavity."""
        return (self.anterior + self.posterior) / 2


def height_scores(heights: Sequence[Heights | None], means: Sequence[float] | None = None) -> list[float]:
    """The score of the height rule for each body: its largest relative loss of height, 0 to 1.

    It is

        max(1 - lowest / highest of its own three heights, 1 - posterior / the taller neighbour's posterior height).

    The first term finds wedges and biconcave fractures, the second crushes. The taller neighbour is taken because the
    other may be crushed itself.

    Args:
        heights: The bodies of one spine from the top down; None for a body that is not measured, whose score is 0.
        means: Mean posterior height in mm of each body's level, where it is known. Neighbours are then compared by
            their shares of these means, and a body's own heights with its posterior height instead of the highest.
    """
    against_posterior = means is not None
    units = repeat(1.0, len(heights)) if means is None else means
    shares = [None if body is None else body.posterior / unit for body, unit in zip(heights, units, strict=True)]
    return [
        0.0 if body is None else max(_own_loss(body, against_posterior), _loss_beside(shares, position))
        for position, body in enumerate(heights)
    ]


def _own_loss(body: Heights, against_posterior: bool) -> float:
    own = (body.anterior, body.middle, body.posterior)
    return 1 - min(own) / (body.posterior if against_posterior else max(own))


def _loss_beside(shares: Sequence[float | None], position: int) -> float:
    """Loss of posterior height against the taller of the neighbours that are measured, 0 without any."""
    own = shares[position]
    beside = [*shares[max(position - 1, 0) : position], *shares[position + 1 : position + 2]]
    measured = [share for share in beside if share is not None]
    return 1 - own / max(measured) if own is not None and measured else 0.0
