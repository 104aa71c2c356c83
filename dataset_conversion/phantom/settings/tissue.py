"""Settings of the soft tissue: the torso's layers, muscles, chest and vessels.

Lengths are millimetres, densities Hounsfield units. Offsets of muscles and vessels are measured from the column of
vertebral bodies: `beside` from its side wall, `behind` from its middle (negative: before it).
"""

from __future__ import annotations

from dataclasses import dataclass

from dataset_conversion.phantom.settings.distributions import Normal, Profile, Range


@dataclass(frozen=True)
class TorsoSettings:
    """The patient's outline, a superellipse in each slice that lies on a couch, and the layers below the skin."""

    half_width: Normal = Normal(172.0, 13.0, 145.0, 200.0)
    half_depth: Normal = Normal(116.0, 10.0, 95.0, 138.0)
    roundness: float = 2.5  # exponent of the outline
    width_profile: Profile = (
        ("T1", 0.80),
        ("T4", 0.92),
        ("T8", 0.98),
        ("T12", 0.95),
        ("L3", 0.93),
        ("L5", 0.99),
        ("S2", 1.05),
    )
    depth_profile: Profile = (("T1", 0.72), ("T4", 0.88), ("T8", 0.98), ("L1", 0.98), ("L4", 0.95), ("S2", 0.97))
    behind_spinous: float = 27.0  # from the canal back to the tips of the spinous processes
    behind_sacrum: float = 16.0
    subcutaneous: Normal = Normal(16.0, 6.0, 6.0, 32.0)  # fat at the flank
    subcutaneous_profile: Profile = (("T4", 0.5), ("T11", 0.7), ("L3", 1.0), ("S2", 1.25))
    subcutaneous_front: float = 0.3  # share more in front, as much less behind
    subcutaneous_variation: float = 0.12
    variation_length: float = 45.0
    slack: float = 22.0  # between spinous processes and the skin, where the back leaves the couch
    back_fat: Range = (5.0, 14.0)  # behind the spinous processes
    skin: float = 1.8
    skin_density: float = 25.0
    wall: Range = (9.0, 13.0)  # muscle below the fat at the flank
    wall_behind: float = 0.8  # share more behind
    side: Range = (-6.0, 6.0)  # the outline's middle against the bodies'
    pad: Range = (12.0, 20.0)  # the couch's mattress
    pad_density: float = -955.0
    couch_density: float = 40.0
    couch_core: float = -930.0
    couch_skin: float = 2.2
    couch_half_width: float = 215.0
    couch_depth: float = 38.0
    couch_radius: float = 950.0  # of its hollow


@dataclass(frozen=True)
class Muscle:
    """A pair of muscles: ellipses in each slice, their middles and half sizes given at levels."""

    beside: Profile
    behind: Profile
    half_width: Profile
    half_depth: Profile


PSOAS = Muscle(
    beside=(("T12", 3.0), ("L2", 9.0), ("L4", 15.0), ("S1", 26.0), ("S2", 38.0)),
    behind=(("T12", 4.0), ("L2", 3.0), ("L4", -2.0), ("S1", -32.0), ("S2", -52.0)),
    half_width=(("T12", 0.5), ("L1", 5.0), ("L2", 9.0), ("L4", 16.0), ("S2", 16.0)),
    half_depth=(("T12", 0.5), ("L1", 7.0), ("L2", 13.0), ("L4", 19.0), ("S2", 15.0)),
)
ERECTOR = Muscle(
    beside=(("T1", 8.0), ("T10", 8.0), ("L3", 4.0), ("S1", 0.0), ("S2", -2.0)),
    behind=(("T1", 36.0), ("T10", 40.0), ("L3", 46.0), ("S1", 42.0), ("S2", 36.0)),
    half_width=(("T1", 20.0), ("T10", 24.0), ("L3", 31.0), ("S1", 22.0), ("S2", 14.0)),
    half_depth=(("T1", 13.0), ("T10", 16.0), ("L3", 22.0), ("S1", 16.0), ("S2", 9.0)),
)
QUADRATUS = Muscle(
    beside=(("L1", 24.0), ("L4", 38.0)),
    behind=(("L1", 16.0), ("L4", 16.0)),
    half_width=(("T12", 0.5), ("L1", 10.0), ("L4", 16.0), ("L5", 10.0), ("S1", 0.5)),
    half_depth=(("T12", 0.5), ("L1", 6.0), ("L4", 10.0), ("L5", 8.0), ("S1", 0.5)),
)
GLUTEI = Muscle(
    beside=(("L5", 75.0), ("S1", 62.0), ("S2", 58.0)),
    behind=(("L5", 18.0), ("S1", 26.0), ("S2", 30.0)),
    half_width=(("L4", 0.5), ("L5", 25.0), ("S1", 48.0), ("S2", 56.0)),
    half_depth=(("L4", 0.5), ("L5", 14.0), ("S1", 30.0), ("S2", 36.0)),
)
ILIACUS = Muscle(
    beside=(("L5", 62.0), ("S1", 62.0), ("S2", 62.0)),
    behind=(("L5", -8.0), ("S1", -28.0), ("S2", -44.0)),
    half_width=(("L4", 0.5), ("L5", 14.0), ("S1", 26.0), ("S2", 24.0)),
    half_depth=(("L4", 0.5), ("L5", 8.0), ("S1", 16.0), ("S2", 18.0)),
)


@dataclass(frozen=True)
class TissueSettings:
    """Muscle and fat, and the spinal canal."""

    muscle: Range = (20.0, 42.0)
    fat: Range = (-105.0, -85.0)
    muscles: tuple[Muscle, ...] = (PSOAS, ERECTOR, QUADRATUS, GLUTEI, ILIACUS)
    muscle_edge: float = 2.5
    marbling_length: float = 3.0
    marbling_softness: float = 1.4  # sd of the marbling from pure muscle to pure fat
    lean: Range = (1.2, 2.4)  # sd of the marbling by which a muscle stands off from fat: few strands or many
    strands: float = 2.6  # the same for strands of tissue in fat
    enhanced_chance: float = 0.5  # contrast medium in the venous phase
    thecal_sac: Range = (0.0, 15.0)
    epidural_fat: float = 1.5
    canal_gap: float = 1.0
    air: float = -1000.0


@dataclass(frozen=True)
class ChestSettings:
    """Lungs above a diaphragm with two domes, the windpipe and its two branches."""

    lung: Range = (-890.0, -800.0)
    edge: float = 2.0
    wall: float = 4.0  # from the muscles below the skin to the lung
    inlet: Profile = (("T1", 62.0), ("T2", 38.0), ("T3", 20.0), ("T4", 9.0), ("T6", 0.0))  # more of it, further up
    gap: Range = (7.0, 16.0)  # from the bodies' side wall
    behind: float = 42.0  # how far the lung reaches behind the bodies' posterior wall
    mediastinum: float = 26.0  # its half width before the spine
    dome_level: tuple[str, ...] = ("T9", "T10")
    dome_drop: Range = (6.0, 18.0)  # the left dome is lower
    floor_level: tuple[str, ...] = ("T12", "L1")  # of the recess behind the liver
    floor_rise: float = 0.35  # towards the front
    dome_side: float = 78.0
    dome_half_width: float = 95.0
    dome_half_depth: float = 105.0
    vessel: float = 10.0
    vessel_length: float = 9.0
    vessel_radius: float = 0.28  # sd of the patterns within which their common zero is a vessel
    airway_radius: float = 8.5
    airway_front: float = 26.0  # before the bodies' anterior wall
    carina: str = "T5"
    bronchus: tuple[float, float, float] = (48.0, -4.0, -42.0)  # (x, y, z) from the carina, on the left


@dataclass(frozen=True)
class VesselSettings:
    """Aorta, vena cava and iliac vessels."""

    blood: Range = (35.0, 55.0)
    enhanced: Range = (120.0, 175.0)
    aorta_radius: Range = (9.0, 13.0)
    aorta_side: Profile = (("T4", 24.0), ("T8", 20.0), ("T11", 12.0), ("L2", 5.0), ("L4", 3.0))  # to the left
    aorta_shift: Range = (-5.0, 7.0)
    aorta_gap: Profile = (("T4", -8.0), ("T8", -2.0), ("T12", 3.0), ("L4", 4.0))  # to the anterior wall
    cava_radius: Range = (8.5, 12.0)
    cava_side: Profile = (("T9", -24.0), ("L1", -20.0), ("L4", -17.0))
    cava_gap: Profile = (("T9", 12.0), ("L1", 3.0), ("L4", 2.0))
    fork: str = "L4"
    iliac_radius: float = 5.5
    iliac_end: tuple[float, float, float] = (52.0, -36.0, 0.0)  # (x, y, z) from the middle of S2, on the left
    vein_shift: tuple[float, float, float] = (-4.0, 12.0, -6.0)  # of the iliac veins from the arteries
    calcification_chance: float = 0.6
    calcification: Range = (250.0, 700.0)
    calcification_thickness: float = 1.6
    calcification_pitch: Range = (15.0, 40.0)  # along the vessel for a turn of one radian
    calcification_extent: float = 0.4  # cosine of a plaque's half angle
