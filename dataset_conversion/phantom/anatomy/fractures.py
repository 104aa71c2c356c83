"""Fractures: shape and loss of height by grade, and what they do to a vertebral body.

Genant's bands are those of Wang 2019 (QIMS 9:305): grade 1 loses 20 to 25 % of the height, grade 2 25 to 40 %, grade 3
more. A wedge loses anterior height and a biconcave fracture middle height, relative to the body's own posterior height.
A crush loses the same share of all three heights, relative to those before. No other height loses more than that, so
the loss alone decides the grade.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dataset_conversion.phantom.settings.spine import FractureSettings
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape, Step
from dataset_conversion.spine.heights import Heights


@dataclass(frozen=True)
class Fracture:
    """A fracture.

    Attributes:
        grade: Genant grade, 1 to 3.
        shape: One of wedge, biconcave and crush.
        loss: Share of height lost.
    """

    grade: int
    shape: str
    loss: float


def draw_fracture(rng: np.random.Generator, grade: int, settings: FractureSettings) -> Fracture:
    """Draw a fracture of a grade, with a loss inside the band of the grade."""
    shapes, chances = zip(*settings.shape_chance, strict=True)
    shape = str(rng.choice(shapes, p=chances))
    low, high = settings.loss[grade - 1]
    loss = float(rng.uniform(low + settings.band_margin, high - settings.band_margin))
    return Fracture(grade=grade, shape=shape, loss=loss)


def fractured_shape(
    rng: np.random.Generator, normal: BodyShape, fracture: Fracture, settings: FractureSettings
) -> BodyShape:
    """The shape of a body after a fracture: lower by the loss, and bulging. Schmorl's nodes and pits disappear."""
    growth = 1 + settings.bulge * fracture.loss
    upper_share = rng.uniform(*settings.upper_share)
    step = _draw_step(rng, settings) if fracture.shape == "wedge" else normal.step
    grown = replace(
        normal,
        half_width=normal.half_width * growth,
        half_depth=normal.half_depth * growth,
        step=step,
        upper_share=upper_share,
        node=None,
        pits=(),
    )
    return replace(grown, heights=_fractured_heights(grown, fracture, settings))


def _draw_step(rng: np.random.Generator, settings: FractureSettings) -> Step:
    if rng.random() >= settings.step_chance:
        return Step()
    share, position = rng.uniform(*settings.step_share), rng.uniform(*settings.step_position)
    return Step(share=share, position=position, width=settings.step_width)


def _fractured_heights(shape: BodyShape, fracture: Fracture, settings: FractureSettings) -> Heights:
    before, left = shape.heights, 1 - fracture.loss
    if fracture.shape == "crush":
        return Heights(before.anterior * left, before.middle * left, before.posterior * left)
    lowest = before.posterior * left
    if fracture.shape == "biconcave":
        return Heights(max(before.anterior, lowest), lowest, before.posterior)
    hollow = (before.rim - before.middle) * settings.wedge_concavity
    flat = replace(shape, heights=Heights(lowest, lowest, before.posterior))
    return Heights(lowest, max(flat.central_rim - hollow, lowest), before.posterior)
