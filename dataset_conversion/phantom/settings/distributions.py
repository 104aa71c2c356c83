"""Distributions that the phantom's numbers are drawn from."""

from typing import Annotated, Self

import numpy as np
from pydantic import AfterValidator, model_validator

from dataset_conversion.phantom.settings.quantities import Density, NonNegative, Positive, Share
from dataset_conversion.spine.settings import settings


def _ascending(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    if low > high:
        raise ValueError("the low end before the high end")
    return ends


Range = Annotated[tuple[float, float], AfterValidator(_ascending)]
"""The ends (low, high) of a uniform distribution."""

PositiveRange = Annotated[tuple[Positive, Positive], AfterValidator(_ascending)]

NonNegativeRange = Annotated[tuple[NonNegative, NonNegative], AfterValidator(_ascending)]

ShareRange = Annotated[tuple[Share, Share], AfterValidator(_ascending)]

DensityRange = Annotated[tuple[Density, Density], AfterValidator(_ascending)]


@settings
class Normal:
    """A normal distribution, truncated to [low, high]."""

    mean: float
    sd: NonNegative
    low: float
    high: float

    @model_validator(mode="after")
    def _mean_is_in_range(self) -> Self:
        if not self.low <= self.mean <= self.high:
            raise ValueError(f"mean is {self.mean}; expected a value from {self.low} (low) to {self.high} (high)")
        return self

    def draw(self, rng: np.random.Generator) -> float:
        """Draw a value in [low, high]."""
        while True:
            value = float(rng.normal(self.mean, self.sd))
            if self.low <= value <= self.high:
                return value


def _all_positive(normal: Normal) -> Normal:
    if normal.low <= 0:
        raise ValueError("a low greater than 0")
    return normal


def _none_negative(normal: Normal) -> Normal:
    if normal.low < 0:
        raise ValueError("a low of 0 or more")
    return normal


PositiveNormal = Annotated[Normal, AfterValidator(_all_positive)]

NonNegativeNormal = Annotated[Normal, AfterValidator(_none_negative)]
