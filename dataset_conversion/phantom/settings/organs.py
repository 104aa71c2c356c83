"""Settings of the organs and the bowel. Lengths are millimetres, densities Hounsfield units."""

from __future__ import annotations

from dataclasses import dataclass

from dataset_conversion.phantom.settings.distributions import Range

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Organ:
    """An ellipsoid.

    Attributes:
        level: beside which vertebra its middle lies.
        offset: (x, y, z) from that vertebra's middle; x is to the left.
        half_axes: (x, y, z).
        density, enhanced: without and with contrast medium.
        abdominal: below the diaphragm, otherwise above it.
        gas: share of the half depth above the middle from where on it holds gas; 1 is none.
    """

    name: str
    level: str
    offset: Place
    half_axes: Place
    density: Range
    enhanced: Range
    abdominal: bool = True
    gas: float = 1.0


LIVER = ((48.0, 62.0), (92.0, 118.0))
KIDNEY = ((28.0, 38.0), (140.0, 190.0))
FAT = ((-100.0, -80.0), (-100.0, -80.0))

ORGANS = (
    Organ("heart", "T8", (28.0, -88.0, -8.0), (54.0, 46.0, 50.0), (38.0, 48.0), (120.0, 165.0), abdominal=False),
    Organ("stomach", "T12", (56.0, -66.0, 0.0), (50.0, 42.0, 62.0), (5.0, 40.0), (5.0, 40.0), gas=0.35),
    Organ("right lobe of the liver", "T12", (-84.0, -38.0, 0.0), (76.0, 82.0, 88.0), *LIVER),
    Organ("left lobe of the liver", "T12", (-18.0, -92.0, 2.0), (70.0, 36.0, 44.0), *LIVER),
    Organ("spleen", "T12", (106.0, 2.0, 2.0), (27.0, 44.0, 46.0), (44.0, 56.0), (100.0, 125.0)),
    Organ("right kidney", "L2", (-64.0, 14.0, 6.0), (26.0, 24.0, 52.0), *KIDNEY),
    Organ("left kidney", "L1", (64.0, 14.0, -6.0), (26.0, 25.0, 53.0), *KIDNEY),
    Organ("right renal sinus", "L2", (-52.0, 8.0, 6.0), (9.0, 7.0, 20.0), *FAT),
    Organ("left renal sinus", "L1", (52.0, 8.0, -6.0), (9.0, 7.0, 20.0), *FAT),
)


@dataclass(frozen=True)
class OrganSettings:
    """Organs, bowel loops and the colon."""

    organs: tuple[Organ, ...] = ORGANS
    size: Range = (0.9, 1.1)
    shift: Range = (-5.0, 5.0)
    wobble: float = 3.0  # sd of the surface
    wobble_length: float = 14.0
    clearance: float = 7.0  # from the vertebral bodies
    wall_clearance: float = 3.0  # from the muscles of the wall, and from the diaphragm
    loops: int = 150
    loop_radius: Range = (9.0, 14.0)
    loop_length: Range = (10.0, 50.0)
    loop_wall: float = 2.5
    loop_wall_density: Range = (40.0, 60.0)
    content: Range = (5.0, 45.0)
    gas: float = -960.0
    gas_chance: float = 0.35
    gas_level: Range = (-0.5, 0.4)  # of the radius above the loop's middle; gas lies above it
    loop_levels: tuple[str, str] = ("L1", "S2")
    colon_radius: Range = (17.0, 23.0)
    colon_inset: float = 34.0  # of its middle, from the muscles of the wall
    colon_levels: tuple[str, str] = ("L2", "S1")
    colon_step: float = 19.0
    colon_wander: float = 3.0  # sd of a pouch's middle from the line
    colon_transverse: Place = (0.0, 0.0, -28.0)  # how its middle part hangs, from its ends
    stool: Range = (20.0, 60.0)
    stool_gas: float = 0.9  # sd of a pattern above which stool is gas
    stool_length: float = 2.5
