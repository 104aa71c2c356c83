"""Settings of kidneys, ureters and bladder. Lengths are in mm, densities in HU."""

from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeRange,
    PositiveRange,
    Range,
    ShareRange,
)
from dataset_conversion.phantom.settings.levels import Level
from dataset_conversion.phantom.settings.quantities import NonNegative, Offset, Positive, Share
from dataset_conversion.spine.settings import settings


@settings
class UrinarySettings:
    """Kidneys with cortex, medulla, sinus and pelvis, ureters along the spine, and the bladder.

    Offsets are (x, y, z) from the middle of the level, for the left side; x is to the left.

    Attributes:
        levels: Levels of the right and the left kidney.
        kidney: Centre of a kidney.
        half_axes: Its half axes.
        size: Size of a kidney relative to that.
        shift: Shift of a kidney (each axis).
        cortex: Density of the cortex.
        medulla: Density of the medulla relative to that of the cortex.
        cortex_depth: Thickness of the cortex.
        pyramid: Length of the noise that makes the pyramids.
        sinus: Size of the sinus (its fat) relative to that of the kidney.
        sinus_shift: How far it lies nearer to the midline, as a share of the half width.
        fat: Density of the sinus.
        pelvis: Size of the pelvis relative to that of the sinus.
        urine: Density of urine without contrast medium.
        collecting: Density of urine in pelvis, ureters and bladder.
        stone_chance: Chance of a stone in a kidney.
        stone: Its density.
        stone_radius: Its radius.
        ureter_levels: Levels at which the ureter's line has a point.
        ureter_side: Distance of these points from the side wall of the column.
        ureter_front: Distance of these points in front of its axis.
        ureter_radius: Radius of a ureter.
        ureter_open: Share of its pieces that are open and seen.
        bladder: Centre of the bladder, from the middle of S2.
        bladder_size: Its half axes.
        bladder_level: Where contrast medium ends, as a share of the half depth behind the middle.
    """

    levels: tuple[Level, Level] = ("L2", "L1")
    kidney: Offset = (64.0, 14.0, 0.0)
    half_axes: tuple[Positive, Positive, Positive] = (26.0, 25.0, 53.0)
    size: PositiveRange = (0.7, 1.25)
    shift: Range = (-12.0, 12.0)
    cortex: DensityRange = (28.0, 42.0)
    medulla: PositiveRange = (0.9, 1.0)
    cortex_depth: PositiveRange = (4.0, 9.0)
    pyramid: Positive = 9.0
    sinus: ShareRange = (0.3, 0.55)
    sinus_shift: Range = (0.2, 0.6)
    fat: DensityRange = (-110.0, -75.0)
    pelvis: ShareRange = (0.2, 0.8)
    urine: DensityRange = (-5.0, 20.0)
    collecting: DensityRange | None = None
    stone_chance: Share = 0.06
    stone: DensityRange = (200.0, 1600.0)
    stone_radius: PositiveRange = (1.5, 6.0)
    ureter_levels: tuple[Level, ...] = ("L3", "L4", "L5", "S1", "S2")
    ureter_side: tuple[float, ...] = (14.0, 10.0, 8.0, 14.0, 30.0)
    ureter_front: tuple[float, ...] = (16.0, 24.0, 34.0, 46.0, 40.0)
    ureter_radius: NonNegativeRange = (1.2, 4.0)
    ureter_open: ShareRange = (0.2, 1.0)
    bladder: Offset = (0.0, -62.0, -52.0)
    bladder_size: PositiveRange = (25.0, 50.0)
    bladder_level: Range = (-0.6, 0.8)
    wobble: NonNegative = 2.0  # standard deviation of the surface of the kidneys
    wobble_length: Positive = 12.0
