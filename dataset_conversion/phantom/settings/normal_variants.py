"""Settings of normal vertebral bodies that are not rectangular. Lengths are in mm."""

from typing import Annotated

from pydantic import Field

from dataset_conversion.phantom.settings.distributions import (
    NonNegativeRange,
    Normal,
    PositiveNormal,
    PositiveRange,
    Range,
    ShareRange,
)
from dataset_conversion.phantom.settings.levels import Level, PositiveProfile
from dataset_conversion.phantom.settings.quantities import NonNegative, Share
from dataset_conversion.spine.settings import settings

Count = Annotated[int, Field(ge=0)]


@settings
class NormalVariants:
    """Normal bodies that are wedged, short or irregular, and lose less than a fifth of their height (Genant's grade 0).

    Mean anterior height is least at T7 and T8 and at T12 and L1, and exceeds the posterior height at L5: there 30.3 and
    26.3 mm (IJSS 2021, table 6 of its L5 measurements). The other means are rough. Chances are ours.

    Attributes:
        anterior: Mean anterior height relative to the posterior height.
        anterior_deviation: A patient's deviation from it.
        anterior_variation: A body's deviation from that.
        middle: Middle height relative to the lower of the posterior height and the mean of both others.
        least: Least anterior and least middle height relative to the posterior height.
        most: Largest anterior height relative to the posterior height.
        size: Heights of a patient's bodies relative to the mean; discs are thinner or thicker instead.
        short_chance: Chance that a body is the first of a run of short ones.
        short: Heights of a short body relative to the others.
        short_run: Number of short bodies side by side.
        irregular_chance: Chance that a patient has several irregular endplates, as in Scheuermann's disease.
        irregular_levels: The levels of which they are.
        irregular_share: Share of these levels that are affected.
        irregular_wedge: What these bodies lose of their anterior height, relative to the posterior height.
        irregular_pits: Number of pits in such a body.
        pit_depth: Depth of such a pit.
        pit_radius: Radius of such a pit.
        uneven_chance: Chance that any other body is slightly uneven.
        uneven_pits: Number of its pits.
        uneven_depth: Their depth.
        limbus_chance: Chance of a defect of an anterior edge (limbus vertebra).
        limbus_depth: Its depth.
        limbus_radius: Its radius as a share of the half depth.
    """

    anterior: PositiveProfile = (
        ("T1", 0.96),
        ("T4", 0.95),
        ("T7", 0.92),
        ("T8", 0.92),
        ("T10", 0.95),
        ("T12", 0.92),
        ("L1", 0.93),
        ("L3", 0.99),
        ("L4", 1.03),
        ("L5", 1.11),
    )
    anterior_deviation: Normal = Normal(0.0, 0.025, -0.06, 0.06)
    anterior_variation: Normal = Normal(0.0, 0.045, -0.15, 0.12)
    middle: PositiveNormal = Normal(0.9, 0.05, 0.805, 1.0)
    least: Annotated[float, Field(gt=0.8, lt=1)] = 0.805
    most: Annotated[float, Field(gt=1, lt=1.25)] = 1.2
    size: PositiveNormal = Normal(1.0, 0.04, 0.9, 1.1)
    short_chance: Share = 0.05
    short: PositiveRange = (0.84, 0.95)
    short_run: tuple[Count, Count] = (1, 3)
    irregular_chance: Share = 0.1
    irregular_levels: tuple[Level, Level] = ("T5", "L2")
    irregular_share: ShareRange = (0.3, 0.9)
    irregular_wedge: NonNegativeRange = (0.0, 0.1)
    irregular_pits: tuple[Count, Count] = (2, 6)
    pit_depth: NonNegativeRange = (0.8, 2.6)
    pit_radius: PositiveRange = (2.0, 5.5)
    uneven_chance: Share = 0.25
    uneven_pits: tuple[Count, Count] = (1, 3)
    uneven_depth: NonNegativeRange = (0.4, 1.5)
    limbus_chance: Share = 0.025
    limbus_depth: NonNegativeRange = (2.5, 6.0)
    limbus_radius: PositiveRange = (0.25, 0.45)
    limbus_place: Range = (-0.4, 0.4)  # of the half width from the midline
    pit_place: NonNegative = 0.7  # largest distance of a pit from the middle, as a share of the half axes
