"""Settings of the chest: heart, great vessels, oesophagus and the vessels of the lung.

Lengths are in mm, densities in HU.

Places are rough anatomy, set by eye. `left` is from the midline of the column, and `front` a
share of the way from the anterior wall of the bodies to the sternum, so that the organs of the chest fit into thin and
obese patients.
"""

from typing import Annotated, Literal

from pydantic import Field

from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeRange,
    PositiveRange,
    Range,
    ShareRange,
)
from dataset_conversion.phantom.settings.levels import Level
from dataset_conversion.phantom.settings.quantities import NonNegative, Positive, Share
from dataset_conversion.spine.settings import settings

Blood = Literal["artery", "pulmonary", "vein", "left vein", "right vein", "upper cava"]
"""What a vessel contains. Both veins of the arms and the upper vena cava can hold undiluted contrast medium."""

Place = tuple[Level, float, float, float]
"""A point of the chest: a level, and from its middle `left` in mm, `front` as a share, and up in mm."""

Places = Annotated[tuple[Place, ...], Field(min_length=2)]


@settings
class GreatVessel:
    """A vessel of the chest.

    Attributes:
        name: What it is called.
        blood: What it contains.
        radius: Its radius.
        line: Points that it joins.
    """

    name: str
    blood: Blood
    radius: PositiveRange
    line: Places


GREAT_VESSELS = (
    GreatVessel(
        "pulmonary trunk", "pulmonary", (11.0, 17.0), (("T7", 24, 0.76, 0), ("T6", 24, 0.62, 0), ("T5", 18, 0.42, 0))
    ),
    GreatVessel(
        "right pulmonary artery",
        "pulmonary",
        (8.0, 13.0),
        (("T5", 18, 0.42, 0), ("T6", -6, 0.3, 8), ("T6", -40, 0.28, 0)),
    ),
    GreatVessel(
        "left pulmonary artery",
        "pulmonary",
        (8.0, 12.0),
        (("T5", 18, 0.42, 0), ("T5", 34, 0.22, 0), ("T6", 46, 0.1, 0)),
    ),
    GreatVessel("right pulmonary vein", "artery", (4.0, 8.0), (("T7", -8, 0.22, 0), ("T7", -44, 0.26, 0))),
    GreatVessel("left pulmonary vein", "artery", (4.0, 8.0), (("T7", 14, 0.2, 0), ("T7", 44, 0.22, 0))),
    GreatVessel(
        "azygos vein",
        "vein",
        (2.0, 5.0),
        (("L1", -6, 0.05, 0), ("T8", -9, 0.05, 0), ("T4", -11, 0.06, 0), ("T4", -24, 0.35, 4), ("T4", -26, 0.6, 0)),
    ),
    GreatVessel("hemiazygos vein", "vein", (1.2, 3.0), (("L1", 12, 0.0, 0), ("T8", 12, 0.0, 0), ("T8", -8, 0.05, 6))),
    GreatVessel("brachiocephalic trunk", "artery", (5.0, 8.0), (("T4", -4, 0.5, 8), ("T2", -18, 0.42, 0))),
    GreatVessel("right carotid artery", "artery", (2.8, 4.5), (("T2", -18, 0.42, 0), ("C6", -24, 0.4, 0))),
    GreatVessel(
        "right subclavian artery",
        "artery",
        (3.5, 6.0),
        (("T2", -18, 0.42, 0), ("T1", -42, 0.32, 4), ("T1", -85, 0.3, 0)),
    ),
    GreatVessel(
        "left carotid artery", "artery", (2.8, 4.5), (("T4", 4, 0.36, 8), ("T2", 16, 0.32, 0), ("C6", 24, 0.4, 0))
    ),
    GreatVessel(
        "left subclavian artery",
        "artery",
        (3.5, 6.0),
        (("T4", 14, 0.2, 8), ("T2", 26, 0.14, 0), ("T1", 44, 0.26, 4), ("T1", 88, 0.3, 0)),
    ),
    GreatVessel(
        "upper vena cava", "upper cava", (6.5, 11.0), (("T3", -24, 0.62, 0), ("T6", -28, 0.52, 0), ("T7", -30, 0.5, 0))
    ),
    GreatVessel(
        "right veins",
        "right vein",
        (4.5, 8.0),
        (("T3", -24, 0.62, 0), ("T2", -27, 0.56, 0), ("T1", -44, 0.5, 0), ("T1", -90, 0.46, 8)),
    ),
    GreatVessel("right jugular vein", "right vein", (3.5, 7.5), (("T1", -36, 0.52, 0), ("C6", -32, 0.48, 0))),
    GreatVessel(
        "left veins",
        "left vein",
        (4.5, 8.0),
        (("T3", -24, 0.62, 0), ("T3", 2, 0.72, 6), ("T2", 26, 0.6, 0), ("T1", 46, 0.5, 0), ("T1", 92, 0.46, 8)),
    ),
    GreatVessel("left jugular vein", "left vein", (3.5, 7.5), (("T1", 40, 0.52, 0), ("C6", 32, 0.48, 0))),
)

ARCH: Places = (
    ("T7", 4, 0.48, 0),
    ("T6", -12, 0.6, 0),
    ("T5", -15, 0.58, 0),
    ("T4", -8, 0.5, 2),
    ("T4", 6, 0.34, 7),
    ("T4", 17, 0.14, 4),
)
"""The aorta from the heart to the beginning of its descending part."""


@settings
class Chamber:
    """A chamber of the heart: an ellipsoid of blood in a wall of muscle.

    Attributes:
        name: What it is called.
        place: Its centre.
        half_axes: Half axes of the blood (x, y, z).
        wall: Thickness of its muscle.
        blood: What it contains.
        turn: Rotation to the left about the axis of the body in degrees.
    """

    name: str
    place: Place
    half_axes: tuple[Positive, Positive, Positive]
    wall: NonNegative
    blood: Blood
    turn: float = 0.0


CHAMBERS = (
    Chamber("right ventricle", ("T8", 16, 0.78, -6), (38.0, 19.0, 28.0), 3.0, "pulmonary", turn=-15.0),
    Chamber("left ventricle", ("T8", 46, 0.52, -8), (25.0, 36.0, 28.0), 10.0, "artery", turn=35.0),
    Chamber("right atrium", ("T8", -30, 0.56, 0), (21.0, 26.0, 30.0), 2.0, "pulmonary"),
    Chamber("left atrium", ("T7", 4, 0.26, -2), (34.0, 17.0, 23.0), 2.0, "artery"),
)


@settings
class ThoraxSettings:
    """The heart with its chambers, the great vessels, the oesophagus, and the branches of the vessels in the lung.

    Attributes:
        great_vessels: The vessels of the chest but the aorta.
        vessel_size: Radius of a patient's vessels relative to these.
        arch: The aorta up to its descending part.
        arch_size: Its radius relative to that of the descending aorta.
        aorta_top: Level above which the descending aorta ends in the arch.
        cava_top: Level at which the lower vena cava enters the heart.
        chambers: The chambers of the heart.
        heart_size: Their size relative to these.
        heart_shift: Shift of the heart (each axis).
        lift: How much higher the heart and the vessels of the chest lie, by breathing and build.
        pulmonary: Blood of the right half of the heart and of the pulmonary arteries.
        muscle: Muscle of the heart.
        difference: Density of a chamber relative to that of its blood, which mixes.
        heart_edge: Width of the edges of the heart, which moves.
        wobble: Standard deviation of the surface of the chambers.
        wobble_length: Its length.
        injection_chance: Chance of undiluted contrast medium in the veins of one arm.
        injected: Density of that.
        dilution: Density of the upper vena cava relative to that.
        left_chance: Chance that it is the left arm.
        streak: Amplitude of the streaks beside these veins.
        streak_reach: Distance from a vein over which they fall to a third.
        streak_rays: Numbers of rays.
        streak_step: Distance between the points of the veins from which rays start.
        lung_branches: Number of vessels that start at each hilum.
        lung_forks: Number of times that each forks.
        lung_length: Length of the first of its pieces; each next one is shorter.
        lung_radius: Radius of the first of its pieces.
        lung_thinning: Radius and length of a piece relative to those of the one before.
        lung_spread: How much a piece departs from the direction of the one before (standard deviation of each axis).
        oesophagus: Where it runs.
        oesophagus_radius: Its radius.
        oesophagus_density: Its wall.
        oesophagus_wall: Thickness of its wall where it is open.
        oesophagus_open: Share of its length that is open.
        oesophagus_air_chance: Chance of air where it is open, rather than of contrast medium or fluid.
        oesophagus_content: Its contents where it is not air.
        sides: Shift of each point of a vessel or of the oesophagus (each axis).
    """

    great_vessels: tuple[GreatVessel, ...] = GREAT_VESSELS
    vessel_size: PositiveRange = (0.85, 1.2)
    arch: Places = ARCH
    arch_size: PositiveRange = (1.0, 1.35)
    aorta_top: Level = "T4"
    cava_top: Level = "T8"
    chambers: tuple[Chamber, ...] = CHAMBERS
    heart_size: PositiveRange = (0.85, 1.25)
    heart_shift: Range = (-7.0, 7.0)
    lift: Range = (-18.0, 12.0)
    pulmonary: DensityRange = (30.0, 60.0)
    muscle: DensityRange = (35.0, 55.0)
    difference: PositiveRange = (0.85, 1.15)
    heart_edge: PositiveRange = (1.0, 6.0)
    wobble: NonNegative = 2.5
    wobble_length: Positive = 14.0
    injection_chance: Share = 0.0
    injected: DensityRange = (500.0, 2500.0)
    dilution: PositiveRange = (0.3, 1.0)
    left_chance: Share = 0.5
    streak: NonNegativeRange = (20.0, 320.0)
    streak_reach: PositiveRange = (12.0, 45.0)
    streak_rays: tuple[int, int] = (4, 22)
    streak_step: Positive = 24.0
    lung_branches: tuple[int, int] = (5, 9)
    lung_forks: Annotated[int, Field(ge=0, le=4)] = 3
    lung_length: PositiveRange = (24.0, 42.0)
    lung_radius: PositiveRange = (2.2, 4.6)
    lung_thinning: Share = 0.72
    lung_spread: NonNegative = 0.55
    oesophagus: Places = (
        ("C6", 3, 0.14, 0),
        ("T4", 6, 0.13, 0),
        ("T8", 7, 0.1, 0),
        ("T10", 14, 0.16, 0),
        ("T11", 24, 0.32, 0),
    )
    oesophagus_radius: PositiveRange = (5.0, 12.0)
    oesophagus_density: DensityRange = (25.0, 75.0)
    oesophagus_wall: PositiveRange = (2.0, 5.0)
    oesophagus_open: ShareRange = (0.0, 0.9)
    oesophagus_air_chance: Share = 0.8
    oesophagus_content: DensityRange = (0.0, 400.0)
    sides: Range = (-4.0, 4.0)
