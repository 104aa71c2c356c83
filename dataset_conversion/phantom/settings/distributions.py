"""What a number of the phantom is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Range = tuple[float, float]
"""The ends (low, high) of a uniform distribution."""

Profile = tuple[tuple[str, float], ...]
"""Values at vertebral levels from the top down; in between they are interpolated, beyond they stay."""


@dataclass(frozen=True)
class Normal:
    """A normal distribution, drawn again until the value lies in [low, high]."""

    mean: float
    sd: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.mean <= self.high or self.sd < 0:
            raise ValueError(f"Normal needs low <= mean <= high and sd >= 0, found {self}")

    def draw(self, rng: np.random.Generator) -> float:
        """One value in [low, high]."""
        while True:
            value = float(rng.normal(self.mean, self.sd))
            if self.low <= value <= self.high:
                return value
