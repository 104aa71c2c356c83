"""How the posterior elements of one vertebra differ from the mean of their level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.settings.bones import PosteriorSettings


@dataclass(frozen=True)
class PosteriorVariant:
    """Differences of one vertebra from the mean of its level.

    Attributes:
        size: Thickness of all parts relative to the mean.
        length: Length of the processes relative to the mean.
        slope: What is added to the slope of the spinous process, in degrees.
        facet: Size of the articular processes relative to the mean: arthrosis makes them larger.
        deviation: How far the tip of the spinous process lies to the left, in mm.
        canal: Centres (x, y, z) of the canal behind its body and the two beside it, from its origin in mm.
    """

    size: float
    length: float
    slope: float
    facet: float
    deviation: float
    canal: tuple[tuple[float, ...], ...] = ()


def draw_variants(
    rng: np.random.Generator, levels: Sequence[str], settings: PosteriorSettings
) -> list[PosteriorVariant | None]:
    """Draw the variants of a patient's vertebrae: what the patient's have in common, and what each has of its own.

    They are None if the posterior elements are rods.
    """
    solid = settings.solid
    if solid is None:
        return [None for _ in levels]
    size, length, slope = solid.size.draw(rng), solid.length.draw(rng), solid.slope_deviation.draw(rng)
    return [
        PosteriorVariant(
            size=size * solid.variation.draw(rng),
            length=length * solid.variation.draw(rng),
            slope=slope + solid.slope_variation.draw(rng),
            facet=rng.uniform(*solid.facet_size),
            deviation=rng.uniform(*solid.deviation),
        )
        for _ in levels
    ]
