"""Bodies of the sacrum as patients have them: their size and wedge shape, and the discs above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.settings.pelvic_bones import PelvicBoneSettings, SacralBody
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape
from dataset_conversion.spine.heights import Heights

FloatArray = npt.NDArray[np.float64]


def with_sacrum(
    rng: np.random.Generator,
    levels: Sequence[str],
    shapes: list[BodyShape],
    scale: float,
    settings: PelvicBoneSettings | None,
) -> list[BodyShape]:
    """The shapes, those of S1 and S2 as `settings` describe them.

    Args:
        rng: Source of random numbers.
        levels: The levels from the head down.
        shapes: The shape of each before any fracture.
        scale: Size of the patient relative to the mean.
        settings: Sizes of the sacral bodies; None keeps the shapes.
    """
    if settings is None:
        return shapes
    described = {"S1": settings.s1, "S2": settings.s2}
    return [
        _sacral_shape(rng, shape, described[level], scale) if level in described else shape
        for level, shape in zip(levels, shapes, strict=True)
    ]


def _sacral_shape(rng: np.random.Generator, shape: BodyShape, body: SacralBody, scale: float) -> BodyShape:
    posterior = body.height * scale
    anterior = posterior * body.anterior_ratio.draw(rng)
    middle = (anterior + posterior) / 2 * body.middle_ratio.draw(rng)
    return replace(
        shape,
        half_width=body.width * scale / 2,
        half_depth=body.depth * scale / 2,
        heights=Heights(anterior, middle, posterior),
        osteophyte=0.0,
        node=None,
    )


def sacral_spacings(
    rng: np.random.Generator,
    levels: Sequence[str],
    shapes: Sequence[BodyShape],
    spacings: FloatArray,
    settings: PelvicBoneSettings | None,
) -> FloatArray:
    """The distances (n - 1,) between successive bodies, those at the sacrum with the discs that `settings` describe."""
    if settings is None:
        return spacings
    discs = {"S1": settings.lumbosacral_disc.draw(rng), "S2": settings.remnant[1]}
    return np.array(
        [
            discs[below] + (upper.heights.rim + lower.heights.rim) / 2 if below in discs else spacing
            for spacing, (_, below), (upper, lower) in zip(spacings, pairwise(levels), pairwise(shapes), strict=True)
        ]
    )


def level_sacrum(levels: Sequence[str], angles: FloatArray, settings: PelvicBoneSettings | None) -> FloatArray:
    """The angles (n, 3) of the bodies, with a sacrum that leans and turns to the sides less than L5."""
    if settings is None:
        return angles
    shares = [settings.side_share if level in ("S1", "S2") else 1.0 for level in levels]
    return np.asarray(angles * np.stack([np.ones(len(levels)), shares, shares], axis=1))
