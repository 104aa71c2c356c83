"""Settings of what single vertebrae and discs can have: vacuum, lesions, cement and metal. All are absent by default.

Lengths are in mm, densities in HU.
"""

from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeRange,
    PositiveRange,
    Range,
    ShareRange,
)
from dataset_conversion.phantom.settings.quantities import NonNegative, Positive, Share
from dataset_conversion.spine.settings import settings


@settings
class LesionSettings:
    """Vacuum in discs, sclerotic islands, haemangiomas, and cement.

    Sizes of discs and bodies are those of the vertebra: `vacuum_size` and `haemangioma_size` are shares of their half
    axes.
    """

    vacuum_chance: Share = 0.0  # of each disc
    vacuum: DensityRange = (-850.0, -150.0)
    vacuum_size: ShareRange = (0.25, 0.7)
    vacuum_thickness: ShareRange = (0.2, 0.6)  # of the disc
    island_chance: Share = 0.0  # of each body
    island: DensityRange = (350.0, 1100.0)
    island_radius: PositiveRange = (1.5, 8.0)
    haemangioma_chance: Share = 0.0  # of each body
    haemangioma: DensityRange = (-60.0, 60.0)  # between the struts
    haemangioma_size: ShareRange = (0.35, 0.8)
    strut: NonNegativeRange = (200.0, 450.0)  # density above that between the struts
    strut_distance: PositiveRange = (3.0, 5.5)
    cement_chance: Share = 0.0  # of each fractured body
    cement: DensityRange = (900.0, 2400.0)
    cement_radius: PositiveRange = (4.0, 9.0)  # of one of its balls
    cement_balls: tuple[int, int] = (1, 4)


@settings
class ImplantSettings:
    """Pedicle screws, joined by two rods, and their artefact.

    The artefact is a star of dark and bright rays in each slice. It falls off with the distance from a screw.
    """

    chance: Share = 0.0  # of each case
    levels: tuple[int, int] = (2, 5)  # neighbouring vertebrae with screws
    metal: DensityRange = (2400.0, 3071.0)
    screw_radius: PositiveRange = (2.2, 3.3)
    rod_radius: PositiveRange = (2.5, 3.2)
    head_radius: Positive = 6.0
    artefact: NonNegativeRange = (30.0, 350.0)  # HU beside the screw
    artefact_reach: PositiveRange = (10.0, 30.0)
    rays: tuple[int, int] = (3, 9)
    dark_share: Range = (0.0, 1.0)  # how much darker than bright the rays are on average
    side: NonNegative = 3.0  # from the canal's wall to the axis of a screw
