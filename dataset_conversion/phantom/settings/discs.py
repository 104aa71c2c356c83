"""Settings of the discs of a varied cohort: how they differ inside, and what degeneration does to them.

Lengths are in mm, densities in HU.
"""

from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeRange,
    PositiveRange,
    ShareRange,
)
from dataset_conversion.phantom.settings.levels import PositiveProfile
from dataset_conversion.phantom.settings.quantities import NonNegative, Positive, Share
from dataset_conversion.spine.settings import settings


@settings
class DiscSettings:
    """Discs with a dense annulus and a texture, some of them degenerate or calcified.

    A healthy disc has the thickness that bodies and spacings leave: on CT 2.7 mm at T4/5 to 5.4 mm at T10/11 (Fletcher
    2015, Eur Spine J 24:2183) and 8.0 mm at T12/L1 to 11.4 mm at L4/5 (Jentzsch 2024, BMC Med Imaging 24:213). What
    degeneration does, and how often, is ours; it is more frequent than in patients.

    Attributes:
        nucleus: Density in the middle of a disc, a mean of the patient.
        nucleus_variation: What a disc differs from that mean.
        annulus: What the annulus is denser than the middle.
        annulus_width: Distance from the side wall over which the annulus becomes the nucleus.
        texture_sd: Standard deviation of the density inside a disc.
        texture_length: Its length (z, y, x).
        bulge: Radius of a disc relative to that of the body.
        degenerate_share: Share of a patient's discs that are degenerate, of those that are most often so.
        degenerate_levels: How often the disc below a level is degenerate, relative to those.
        narrowed: Thickness of a degenerate disc, if it was thicker.
        narrowed_chance: Chance that a degenerate disc is narrowed.
        dense: What a degenerate disc is denser.
        gas_chance: Chance of gas in a degenerate disc.
        gas: Density of the gas, with its partial volume.
        gas_size: Size of the gas as a share of the disc's half axes.
        gas_thickness: Thickness of the gas as a share of the disc's.
        sclerosis_chance: Chance of sclerosis beside a degenerate disc, in either body.
        sclerosis: What the bone gains beside the endplate.
        sclerosis_depth: Distance from the endplate over which that falls to a third.
        sclerosis_size: Size of the sclerosis as a share of the body's half axes.
        lip: Osteophytes beside a degenerate disc, in either body.
        pit_chance: Chance of a pit in the endplate beside a degenerate disc, in either body.
        bridge_chance: Chance that bone bridges a degenerate disc.
        bridge: Density of that bone.
        bridge_thickness: Its thickness.
        bridge_width: Its half width as a share of the body's.
        hyperostosis_chance: Chance that a patient has bridges over most of the thoracic discs (DISH).
        hyperostosis_share: Share of the thoracic discs that are then bridged.
        calcified_chance: Chance of calcification in a disc.
        calcified: Density of the calcification.
        calcified_size: Its size as a share of the disc's half axes.
        calcified_thickness: Its thickness as a share of the disc's.
    """

    nucleus: DensityRange = (45.0, 115.0)
    nucleus_variation: tuple[float, float] = (-18.0, 18.0)
    annulus: NonNegativeRange = (0.0, 45.0)
    annulus_width: PositiveRange = (4.0, 9.0)
    texture_sd: NonNegativeRange = (0.0, 14.0)
    texture_length: tuple[Positive, Positive, Positive] = (1.0, 2.0, 2.0)
    bulge: PositiveRange = (0.94, 1.07)
    degenerate_share: ShareRange = (0.0, 0.75)
    degenerate_levels: PositiveProfile = (
        ("T1", 0.35),
        ("T5", 0.55),
        ("T10", 0.65),
        ("T12", 0.5),
        ("L2", 0.65),
        ("L4", 1.0),
        ("L5", 1.0),
    )
    narrowed: PositiveRange = (1.0, 4.0)
    narrowed_chance: Share = 0.7
    dense: NonNegativeRange = (0.0, 45.0)
    gas_chance: Share = 0.25
    gas: DensityRange = (-900.0, -100.0)
    gas_size: ShareRange = (0.2, 0.85)
    gas_thickness: ShareRange = (0.2, 0.9)
    sclerosis_chance: Share = 0.5
    sclerosis: NonNegativeRange = (60.0, 420.0)
    sclerosis_depth: PositiveRange = (1.5, 6.0)
    sclerosis_size: ShareRange = (0.25, 0.9)
    lip: NonNegativeRange = (0.0, 7.0)
    pit_chance: Share = 0.3
    bridge_chance: Share = 0.2
    bridge: DensityRange = (200.0, 800.0)
    bridge_thickness: PositiveRange = (1.5, 5.0)
    bridge_width: PositiveRange = (0.2, 0.7)
    hyperostosis_chance: Share = 0.06
    hyperostosis_share: ShareRange = (0.6, 1.0)
    calcified_chance: Share = 0.025
    calcified: DensityRange = (150.0, 900.0)
    calcified_size: ShareRange = (0.15, 0.7)
    calcified_thickness: ShareRange = (0.3, 1.0)
    least_gap: NonNegative = 0.5  # between the rims of two tilted bodies, of the half depth times their angle
