"""The discs of a varied cohort: which are degenerate, and what that does to them and to the bodies beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.settings.discs import DiscSettings
from dataset_conversion.phantom.settings.levels import value_at
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape, Node

_PIT_RADIUS = (2.0, 6.0)  # mm
_PIT_DEPTH = (1.0, 4.0)  # mm
_PIT_SIDE = (0.3, 0.7)  # share of the half width that a pit lies off the midline, where heights are measured
_PIT_PLACE = (-0.6, 0.6)  # share of the half depth


@dataclass(frozen=True)
class Inclusion:
    """Gas or calcification in the middle plane of a disc.

    Attributes:
        density: Its density in HU.
        size: Its half axes (u, v) as a share of those of the body.
        thickness: Its thickness as a share of the disc's.
        place: Its centre (u, v) as a share of the half axes.
    """

    density: float
    size: float
    thickness: float
    place: tuple[float, float]


@dataclass(frozen=True)
class Sclerosis:
    """Dense bone beside a disc.

    Attributes:
        density: What the bone gains at the endplate in HU.
        depth: Distance from the endplate in mm over which that falls to a third.
        size: Its size as a share of the half axes.
        place: Its centre (u, v) as a share of the half axes.
    """

    density: float
    depth: float
    size: float
    place: tuple[float, float]


@dataclass(frozen=True)
class Bridge:
    """Bone that bridges a disc along the anterior wall.

    Attributes:
        density: Its density in HU.
        thickness: Its thickness in mm.
        half_width: Its half width as a share of the body's.
        side: Its middle to the left of the midline, as a share of the half width.
    """

    density: float
    thickness: float
    half_width: float
    side: float


@dataclass(frozen=True)
class Disc:
    """One disc.

    Attributes:
        nucleus: Density in its middle in HU.
        annulus: What the annulus is denser in HU.
        annulus_width: Distance from the side wall in mm over which the annulus becomes the nucleus.
        bulge: Its radius relative to that of the bodies.
        texture_sd: Standard deviation of its density in HU.
        narrowed: Thickness in mm that it is narrowed to, if it was thicker; None if it is not.
        inclusions: Gas and calcification.
        sclerosis: Sclerosis in the body above and in the body below; None for either without.
        lips: Osteophytes of the body above and of the body below in mm.
        pits: Whether it has a pit, the body above and the body below.
        bridge: Bone that bridges it, if any.
    """

    nucleus: float
    annulus: float
    annulus_width: float
    bulge: float
    texture_sd: float
    narrowed: float | None = None
    inclusions: tuple[Inclusion, ...] = ()
    sclerosis: tuple[Sclerosis | None, Sclerosis | None] = (None, None)
    lips: tuple[float, float] = (0.0, 0.0)
    pits: tuple[bool, bool] = (False, False)
    bridge: Bridge | None = None


def draw_discs(rng: np.random.Generator, levels: Sequence[str], settings: DiscSettings) -> list[Disc]:
    """Draw the disc below each of these levels."""
    density, share = rng.uniform(*settings.nucleus), rng.uniform(*settings.degenerate_share)
    annulus, texture = rng.uniform(*settings.annulus), rng.uniform(*settings.texture_sd)
    bridged = rng.uniform(*settings.hyperostosis_share) if rng.random() < settings.hyperostosis_chance else 0.0
    discs = []
    for level in levels:
        disc = Disc(
            nucleus=density + rng.uniform(*settings.nucleus_variation),
            annulus=annulus,
            annulus_width=rng.uniform(*settings.annulus_width),
            bulge=rng.uniform(*settings.bulge),
            texture_sd=texture,
            inclusions=tuple(_calcification(rng, settings)),
        )
        if not level.startswith("S") and rng.random() < share * value_at(settings.degenerate_levels, level):
            disc = _degenerate(rng, disc, settings)
        if level.startswith("T") and rng.random() < bridged:
            disc = replace(disc, bridge=_bridge(rng, settings))
        discs.append(disc)
    return discs


def _degenerate(rng: np.random.Generator, disc: Disc, settings: DiscSettings) -> Disc:
    gas = _inclusion(rng, settings.gas, settings.gas_size, settings.gas_thickness)
    return replace(
        disc,
        nucleus=disc.nucleus + rng.uniform(*settings.dense),
        narrowed=rng.uniform(*settings.narrowed) if rng.random() < settings.narrowed_chance else None,
        inclusions=(*disc.inclusions, gas) if rng.random() < settings.gas_chance else disc.inclusions,
        sclerosis=(_sclerosis(rng, settings), _sclerosis(rng, settings)),
        lips=(rng.uniform(*settings.lip), rng.uniform(*settings.lip)),
        pits=(bool(rng.random() < settings.pit_chance), bool(rng.random() < settings.pit_chance)),
        bridge=_bridge(rng, settings) if rng.random() < settings.bridge_chance else None,
    )


def _calcification(rng: np.random.Generator, settings: DiscSettings) -> Iterator[Inclusion]:
    if rng.random() < settings.calcified_chance:
        yield _inclusion(rng, settings.calcified, settings.calcified_size, settings.calcified_thickness)


def _inclusion(
    rng: np.random.Generator,
    density: tuple[float, float],
    size: tuple[float, float],
    thickness: tuple[float, float],
) -> Inclusion:
    return Inclusion(rng.uniform(*density), rng.uniform(*size), rng.uniform(*thickness), _place(rng, 0.4))


def _sclerosis(rng: np.random.Generator, settings: DiscSettings) -> Sclerosis | None:
    if rng.random() >= settings.sclerosis_chance:
        return None
    density, depth = rng.uniform(*settings.sclerosis), rng.uniform(*settings.sclerosis_depth)
    return Sclerosis(density, depth, rng.uniform(*settings.sclerosis_size), _place(rng, 0.7))


def _bridge(rng: np.random.Generator, settings: DiscSettings) -> Bridge:
    density, thickness = rng.uniform(*settings.bridge), rng.uniform(*settings.bridge_thickness)
    return Bridge(density, thickness, rng.uniform(*settings.bridge_width), rng.uniform(-0.8, 0.8))


def _place(rng: np.random.Generator, most: float) -> tuple[float, float]:
    return rng.uniform(-most, most), rng.uniform(-most, most)


def beside_discs(rng: np.random.Generator, shapes: Sequence[BodyShape], discs: Sequence[Disc]) -> list[BodyShape]:
    """The shapes of bodies with the osteophytes and pits of the discs between them.

    Args:
        rng: Source of random numbers.
        shapes: The shapes of the bodies from the head down.
        discs: The disc below each body but the last.
    """
    changed = list(shapes)
    for place, disc in enumerate(discs[: len(shapes) - 1]):
        above, below = changed[place], changed[place + 1]
        above = replace(above, lower_lip=disc.lips[0], pits=(*above.pits, *_pit(rng, above, disc.pits[0], upper=False)))
        below = replace(below, upper_lip=disc.lips[1], pits=(*below.pits, *_pit(rng, below, disc.pits[1], upper=True)))
        changed[place], changed[place + 1] = above, below
    return changed


def _pit(rng: np.random.Generator, shape: BodyShape, present: bool, upper: bool) -> Iterator[Node]:
    if present:
        u, v = float(rng.choice([-1, 1])) * rng.uniform(*_PIT_SIDE), rng.uniform(*_PIT_PLACE)
        radius, depth = rng.uniform(*_PIT_RADIUS), rng.uniform(*_PIT_DEPTH)
        yield Node(u * shape.half_width, v * shape.half_depth, radius, depth, upper)


def narrowed(
    spaces: Sequence[float], discs: Sequence[Disc], shapes: Sequence[BodyShape], leans: Sequence[float], gap: float
) -> list[float]:
    """The thickness of each disc in mm, those that are narrowed thinner.

    Args:
        spaces: Thickness before that in mm.
        discs: The discs.
        shapes: The bodies, one more than discs.
        leans: Sagittal lean of each body in degrees.
        gap: Thickness that is left, as a share of the half depth times the angle between the bodies, so that their rims
            do not run into each other.
    """
    thickness = []
    for space, disc, (above, below), (upper, lower) in zip(
        spaces, discs, pairwise(shapes), pairwise(leans), strict=True
    ):
        reach = min(above.half_depth, below.half_depth) * abs(np.tan(np.radians(upper - lower)))
        thickness.append(space if disc.narrowed is None else min(space, max(disc.narrowed, gap * float(reach))))
    return thickness
