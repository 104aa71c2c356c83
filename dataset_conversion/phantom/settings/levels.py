"""Vertebral levels of a phantom, and settings that change from level to level."""

from typing import Annotated

import numpy as np
from pydantic import AfterValidator

from dataset_conversion.phantom.settings.quantities import Positive
from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS

PHANTOM_LEVELS = tuple(level for level in LEVELS if level not in SUPERNUMERARY_LEVELS)
"""C1 to S2, without the levels that exist in a few people only."""


def levels_between(first: str, last: str) -> tuple[str, ...]:
    """The levels from `first` down to `last`, both included."""
    return PHANTOM_LEVELS[PHANTOM_LEVELS.index(first) : PHANTOM_LEVELS.index(last) + 1]


def _known(level: str) -> str:
    if level not in PHANTOM_LEVELS:
        raise ValueError("a level from C1 to S2, other than T13 and L6")
    return level


def _shown(level: str) -> str:
    if level not in levels_between("C6", "S2"):
        raise ValueError("a level from C6 to S2, other than T13 and L6")
    return level


def _descending(profile: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    places = [PHANTOM_LEVELS.index(level) for level, _ in profile]
    if not places or places != sorted(set(places)):
        raise ValueError("one level or more, from the head down")
    return profile


Level = Annotated[str, AfterValidator(_known)]

ShownLevel = Annotated[str, AfterValidator(_shown)]
"""A level that a field of view can end at."""

Profile = Annotated[tuple[tuple[Level, float], ...], AfterValidator(_descending)]
"""Values at levels from the head down, interpolated between them and constant beyond."""

PositiveProfile = Annotated[tuple[tuple[Level, Positive], ...], AfterValidator(_descending)]


def value_at(profile: Profile | PositiveProfile, level: str) -> float:
    """The value of a profile at a level, interpolated between those that it names and constant beyond them."""
    places = [PHANTOM_LEVELS.index(name) for name, _ in profile]
    return float(np.interp(PHANTOM_LEVELS.index(level), places, [value for _, value in profile]))
