"""Settings of the bones: their densities, and the shape of all but the vertebral bodies.

Lengths are in mm, densities in HU. A comment beside a number says what it is measured from or a share of.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeRange,
    Normal,
    PositiveNormal,
    PositiveRange,
    Range,
)
from dataset_conversion.phantom.settings.levels import Level, PositiveProfile, Profile
from dataset_conversion.phantom.settings.quantities import (
    Density,
    Ends,
    NonNegative,
    Offset,
    Positive,
    PositiveShare,
    Share,
)
from dataset_conversion.spine.settings import settings

Angle = Annotated[float, Field(ge=0, le=180)]
"""Degrees from behind."""

Line = Annotated[tuple[Offset, ...], Field(min_length=2)]
"""Points to be joined."""


@settings
class BoneSettings:
    """Densities of bone and discs.

    The density of trabecular bone is 226 HU at 30 years and falls by 2.5 HU per year; its standard deviation between
    patients is 38 HU (Jang 2019, Radiology 291:360). The mean age of the paper's patients is 81 years.
    """

    age: PositiveNormal = Normal(81.0, 6.0, 70.0, 98.0)
    young_age: NonNegative = 30.0
    young_trabecular: Density = 226.0
    yearly_loss: NonNegative = 2.5
    trabecular_deviation: Normal = Normal(0.0, 38.0, -60.0, 110.0)  # of a patient from the mean at this age
    trabecular_variation: Normal = Normal(0.0, 12.0, -30.0, 30.0)  # of a vertebra from the patient's mean
    texture_sd: NonNegativeRange = (15.0, 35.0)
    texture_length: tuple[Positive, Positive, Positive] = (1.8, 1.1, 1.1)  # (z, y, x): longest along the spine
    cortical: DensityRange = (550.0, 800.0)
    cortical_thickness: PositiveRange = (0.5, 0.9)
    endplate_thickness: PositiveRange = (0.7, 1.1)
    disc: DensityRange = (60.0, 80.0)
    disc_share: PositiveShare = 0.96  # of the body's radius


@settings
class SolidPosteriorSettings:
    """Posterior elements as one smooth solid. Where a value changes from level to level, it is a profile.

    Widths of canal and pedicles are Panjabi's (1991, 1992). The other values are rough, and were set by eye beside real
    CTs. Heights are shares of the body's posterior height, 0 at the middle of the body.
    """

    rounding: Positive = 2.5  # between two parts
    size: PositiveNormal = Normal(1.0, 0.08, 0.8, 1.25)  # thickness of a patient's parts relative to the mean
    length: PositiveNormal = Normal(1.0, 0.1, 0.75, 1.3)  # of a patient's processes
    variation: PositiveNormal = Normal(1.0, 0.05, 0.85, 1.15)  # of both, from vertebra to vertebra
    pedicle_height: float = 0.22
    pedicle_half_height: PositiveProfile = (
        ("C7", 3.5),
        ("T1", 4.5),
        ("T6", 6.0),
        ("T12", 8.0),
        ("L3", 7.5),
        ("L5", 7.0),
    )
    joint_share: Share = 0.55  # of the canal's depth, from which laminae and transverse processes begin
    lamina_thickness: PositiveProfile = (("C7", 4.0), ("T1", 5.0), ("T6", 6.0), ("T12", 6.5), ("L5", 6.5))
    lamina_half_height: PositiveProfile = (("C7", 0.32), ("T3", 0.42), ("T9", 0.45), ("L2", 0.36), ("L5", 0.26))
    lamina_heights: Ends = (0.0, -0.25)  # at the pedicle and at the midline
    spinous_length: PositiveProfile = (
        ("C7", 24.0),
        ("T6", 33.0),
        ("T10", 26.0),
        ("T12", 22.0),
        ("L3", 26.0),
        ("L5", 18.0),
    )
    spinous_slope: Profile = (
        ("C7", 20.0),
        ("T2", 38.0),
        ("T5", 55.0),
        ("T8", 58.0),
        ("T11", 32.0),
        ("L1", 12.0),
        ("L5", 10.0),
    )  # degrees down
    slope_deviation: Normal = Normal(0.0, 5.0, -12.0, 12.0)  # of a patient
    slope_variation: Normal = Normal(0.0, 3.0, -8.0, 8.0)  # from vertebra to vertebra
    steepest: Annotated[float, Field(ge=0, lt=80)] = 70.0
    spinous_reach: Positive = 22.0  # largest extent to the back; the skin lies behind it
    spinous_half_height: PositiveProfile = (
        ("C7", 4.0),
        ("T5", 4.5),
        ("T10", 6.0),
        ("L1", 9.0),
        ("L3", 10.0),
        ("L5", 7.0),
    )
    spinous_width: PositiveProfile = (("C7", 5.0), ("T6", 5.0), ("L3", 6.5), ("L5", 6.0))
    deviation: Range = (-3.0, 3.0)  # of the tip of a spinous process from the midline
    transverse_height: float = 0.08
    transverse_reach: PositiveProfile = (
        ("C7", 34.0),
        ("T1", 37.0),
        ("T4", 31.0),
        ("T10", 27.0),
        ("T12", 21.0),
        ("L1", 35.0),
        ("L3", 45.0),
        ("L5", 42.0),
    )  # of the tip from the midline
    shortest_transverse: NonNegative = 5.0  # beyond the pedicle's axis
    transverse_back: Profile = (
        ("C7", 2.0),
        ("T2", 8.0),
        ("T5", 14.0),
        ("T10", 14.0),
        ("T12", 8.0),
        ("L1", 4.0),
        ("L5", 2.0),
    )
    transverse_rise: Profile = (("C7", -2.0), ("T4", 4.0), ("T10", 4.0), ("L1", 0.0), ("L5", 3.0))
    transverse_thickness: PositiveProfile = (
        ("C7", 7.0),
        ("T4", 9.0),
        ("T10", 9.5),
        ("L1", 5.0),
        ("L4", 5.5),
        ("L5", 9.0),
    )
    transverse_half_height: PositiveProfile = (("C7", 4.0), ("T4", 5.0), ("T10", 5.5), ("L3", 5.0), ("L5", 7.0))
    facet_turn: Profile = (
        ("C7", 0.0),
        ("T10", 0.0),
        ("T12", 50.0),
        ("L1", 65.0),
        ("L3", 58.0),
        ("L5", 40.0),
    )  # degrees
    facet_width: PositiveProfile = (("C7", 11.0), ("T1", 11.0), ("T6", 11.0), ("T12", 13.0), ("L5", 18.0))
    facet_thickness: PositiveProfile = (("C7", 5.5), ("T6", 5.5), ("T12", 7.0), ("L5", 10.0))
    facet_size: PositiveRange = (0.9, 1.4)
    facet_gap: NonNegative = 1.2
    facet_ends: Ends = (0.6, -0.62)  # of the upper and of the lower process
    facet_side: Positive = 0.95  # of the joint, as a share of the pedicles' distance from the midline


@settings
class PosteriorSettings:
    """Pedicles, laminae, facets and processes, drawn as rods, or with `solid` as smooth solids.

    Heights are shares of the body's posterior height, 0 at the middle of the body. A pair of heights or offsets belongs
    to the two ends of a rod.
    """

    cortical_thickness: Positive = 0.9
    trabecular: Density = 160.0
    pedicle_root: Share = 0.75  # where pedicles begin, as a share of the half depth
    pedicle_side: Share = 0.85  # largest distance of a pedicle from the midline, as a share of the half width
    widest_pedicle: Positive = 12.0
    pedicle_heights: Ends = (0.2, 0.05)
    canal_margin: NonNegative = 2.0  # from the canal to the lamina's axis
    joint_gap: NonNegative = 4.0  # from there forward to the joint of pedicle and lamina
    lamina_radius: Positive = 3.2
    lamina_gap: NonNegative = 3.0  # from the canal's margin back to the joint of both laminae
    lamina_height: float = -0.15
    facet_radius: Positive = 4.0
    facet_offsets: Ends = (-3.0, -1.0)  # from the canal's margin
    facet_heights: Ends = (0.45, -0.5)
    spinous_length: Positive = 19.0
    spinous_radius: Positive = 3.0
    spinous_heights: tuple[Ends, Ends] = ((-0.05, -0.45), (-0.3, -0.65))  # upper and lower edge
    transverse_length: Positive = 22.0
    transverse_radius: Positive = 3.0
    transverse_offsets: Ends = (-5.0, -2.0)
    transverse_height: float = 0.1
    solid: SolidPosteriorSettings | None = None  # None: rods


@settings
class RibSettings:
    """Ribs, their cartilages and the sternum.

    A rib runs from the side of the body to the transverse process, and on along the chest wall. `turn` is how far
    around the chest its bone reaches, in degrees from behind; `drop` is how much lower it ends than it begins.
    """

    cortical_thickness: Positive = 1.1
    trabecular: Density = 110.0
    radius: Positive = 4.5
    head: Offset = (0.95, 0.7, 0.4)  # as shares of half width, half depth and posterior height
    neck: Offset = (20.0, 6.0, 0.15)  # mm beyond the half width, mm behind the posterior wall, share of the height
    first_turn: Angle = 28.0  # where a rib meets the chest wall
    turn: PositiveProfile = (
        ("T1", 150.0),
        ("T2", 145.0),
        ("T7", 140.0),
        ("T9", 125.0),
        ("T10", 115.0),
        ("T11", 85.0),
        ("T12", 55.0),
    )
    drop: PositiveProfile = (("T1", 30.0), ("T4", 60.0), ("T8", 85.0), ("T10", 80.0), ("T12", 40.0))
    steps: Annotated[int, Field(ge=2)] = 12  # rods along the wall
    cartilage: Density = 95.0
    sternal_levels: tuple[Level, ...] = ("T1", "T2", "T3", "T4", "T5", "T6", "T7")  # ribs that reach the sternum
    sternum_ends: tuple[Level, Level] = ("T3", "T10")
    sternum_side: NonNegative = 9.0  # of the outer rods from the midline
    sternum_radius: Positive = 6.0

    @model_validator(mode="after")
    def _ribs_run_forward(self) -> Self:
        least = min(angle for _, angle in self.turn)
        if least <= self.first_turn:
            raise ValueError(f"turn is {least} degrees at one level; expected more than first_turn, {self.first_turn}")
        return self


@settings
class PelvisSettings:
    """Sacral wings and iliac bones. Points are (x, y, z) from the middle of S1, for the left side."""

    cortical_thickness: Positive = 1.3
    trabecular: Density = 70.0
    wing_reach: PositiveProfile = (("S1", 20.0), ("S2", 17.0))  # beyond the half width
    wing_radius: PositiveProfile = (("S1", 12.0), ("S2", 11.0))
    crest_length: NonNegative = 8.0  # median sacral crest
    roof_radius: Positive = 3.0
    tail_segments: Annotated[int, Field(ge=0)] = 2  # below S2
    tail_step: Offset = (0.0, 4.0, -1.0)  # per segment: mm back, and posterior heights down
    tail_radius: Positive = 11.0
    crest: Line = (
        (39.0, 48.0, -8.0),
        (62.0, 41.0, 24.0),
        (92.0, 20.0, 46.0),
        (116.0, -12.0, 50.0),
        (127.0, -42.0, 32.0),
        (121.0, -70.0, -6.0),
    )
    base: Line = (
        (45.0, 36.0, -40.0),
        (56.0, 22.0, -50.0),
        (72.0, 2.0, -66.0),
        (86.0, -18.0, -78.0),
        (95.0, -36.0, -80.0),
        (102.0, -56.0, -64.0),
    )
    blades: Annotated[int, Field(ge=2)] = 40  # rods between base and crest
    blade_radius: Positive = 4.2
    crest_radius: Positive = 6.0
