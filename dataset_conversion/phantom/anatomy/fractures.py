"""What a fracture of a given grade is like: its shape and how much height it costs.

Genant's bands (Wang 2019, QIMS 9:305): grade 1 loses 20 to 25 % of its height, grade 2 25 to 40 %, grade 3 more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.settings.spine import FractureSettings


@dataclass(frozen=True)
class Fracture:
    """A fracture: Genant grade 1 to 3, shape (wedge, biconcave or crush) and the share of height lost."""

    grade: int
    shape: str
    loss: float


def draw_fracture(rng: np.random.Generator, grade: int, settings: FractureSettings) -> Fracture:
    """A fracture of a grade, its loss inside the grade's band."""
    shapes, chances = zip(*settings.shape_chance, strict=True)
    shape = str(rng.choice(shapes, p=chances))
    low, high = settings.loss[grade - 1]
    loss = float(rng.uniform(low + settings.band_margin, high - settings.band_margin))
    return Fracture(grade=grade, shape=shape, loss=loss)
