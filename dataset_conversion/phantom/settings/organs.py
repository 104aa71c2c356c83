"""Settings of the organs and the bowel. Lengths are in mm, densities in HU."""

from typing import Annotated

from pydantic import Field

from dataset_conversion.phantom.settings.distributions import DensityRange, PositiveRange, Range
from dataset_conversion.phantom.settings.levels import Level
from dataset_conversion.phantom.settings.quantities import Density, NonNegative, Offset, Positive, Share
from dataset_conversion.spine.settings import settings


@settings
class Organ:
    """An ellipsoid.

    Attributes:
        name: What the organ is called.
        level: The vertebra beside which its centre lies.
        offset: Its centre (x, y, z) from the centre of that vertebra; x is to the left.
        half_axes: Half axes (x, y, z).
        density: Density without contrast medium.
        enhanced: Density with contrast medium.
        abdominal: Whether it lies below the diaphragm rather than above.
        gas: Where gas begins, as a share of the half depth in front of the centre; 1 for no gas.
    """

    name: str
    level: Level
    offset: Offset
    half_axes: tuple[Positive, Positive, Positive]
    density: DensityRange
    enhanced: DensityRange
    abdominal: bool = True
    gas: Annotated[float, Field(ge=-1, le=1)] = 1.0


LIVER = ((48.0, 62.0), (92.0, 118.0))
KIDNEY = ((28.0, 38.0), (140.0, 190.0))
STOMACH = "stomach"
FAT = ((-100.0, -80.0), (-100.0, -80.0))

ORGANS = (
    Organ("heart", "T8", (28.0, -88.0, -8.0), (54.0, 46.0, 50.0), (38.0, 48.0), (120.0, 165.0), abdominal=False),
    Organ(STOMACH, "T12", (56.0, -66.0, 0.0), (50.0, 42.0, 62.0), (5.0, 40.0), (5.0, 40.0), gas=0.35),
    Organ("right lobe of the liver", "T12", (-84.0, -38.0, 0.0), (76.0, 82.0, 88.0), *LIVER),
    Organ("left lobe of the liver", "T12", (-18.0, -92.0, 2.0), (70.0, 36.0, 44.0), *LIVER),
    Organ("spleen", "T12", (106.0, 2.0, 2.0), (27.0, 44.0, 46.0), (44.0, 56.0), (100.0, 125.0)),
    Organ("right kidney", "L2", (-64.0, 14.0, 6.0), (26.0, 24.0, 52.0), *KIDNEY),
    Organ("left kidney", "L1", (64.0, 14.0, -6.0), (26.0, 25.0, 53.0), *KIDNEY),
    Organ("right renal sinus", "L2", (-52.0, 8.0, 6.0), (9.0, 7.0, 20.0), *FAT),
    Organ("left renal sinus", "L1", (52.0, 8.0, -6.0), (9.0, 7.0, 20.0), *FAT),
)


@settings
class OrganSettings:
    """Organs, bowel loops and the colon."""

    organs: tuple[Organ, ...] = ORGANS
    size: PositiveRange = (0.9, 1.1)
    shift: Range = (-5.0, 5.0)
    wobble: NonNegative = 3.0  # standard deviation of the surface
    wobble_length: Positive = 14.0
    clearance: NonNegative = 7.0  # from the vertebral bodies
    wall_clearance: NonNegative = 3.0  # from the muscles of the wall
    loops: Annotated[int, Field(ge=0)] = 150
    loop_radius: PositiveRange = (9.0, 14.0)
    loop_length: PositiveRange = (10.0, 50.0)
    loop_wall: NonNegative = 2.5
    loop_wall_density: DensityRange = (40.0, 60.0)
    content: DensityRange = (5.0, 45.0)
    gas: Density = -960.0
    gas_chance: Share = 0.35
    gas_level: Range = (-0.5, 0.4)  # where gas begins, as a share of the radius in front of the loop's axis
    loop_levels: tuple[Level, Level] = ("L1", "S2")
    colon_radius: PositiveRange = (17.0, 23.0)
    colon_inset: NonNegative = 34.0  # of its axis from the muscles of the wall
    colon_levels: tuple[Level, Level] = ("L2", "S1")
    colon_step: Positive = 19.0
    colon_wander: NonNegative = 3.0  # standard deviation of a pouch from the axis
    colon_transverse: Offset = (0.0, 0.0, -28.0)  # of the middle of the transverse colon from its ends
    stool: DensityRange = (20.0, 60.0)
    stool_gas: float = 0.9  # value of a noise of unit variance above which stool is gas
    stool_length: Positive = 2.5
