"""Settings of the soft tissue: the torso's layers, muscles, chest and vessels.

Lengths are in mm, densities in HU. Offsets of muscles and vessels are measured from the column of vertebral bodies:
`beside` from its side wall, `behind` from its axis (negative: in front of it).
"""

from typing import Annotated

from pydantic import Field

from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeRange,
    Normal,
    PositiveNormal,
    PositiveRange,
    Range,
)
from dataset_conversion.phantom.settings.levels import Level, PositiveProfile, Profile
from dataset_conversion.phantom.settings.quantities import Density, NonNegative, Offset, Positive, PositiveShare, Share
from dataset_conversion.spine.settings import settings

Levels = Annotated[tuple[Level, ...], Field(min_length=1)]
"""Levels of which one is drawn."""


@settings
class TorsoSettings:
    """The patient's outline, the layers below the skin, and the couch. The outline is a superellipse in each slice."""

    half_width: PositiveNormal = Normal(172.0, 13.0, 145.0, 200.0)
    half_depth: PositiveNormal = Normal(116.0, 10.0, 95.0, 138.0)
    roundness: Positive = 2.5  # exponent of the outline
    width_profile: PositiveProfile = (
        ("T1", 0.80),
        ("T4", 0.92),
        ("T8", 0.98),
        ("T12", 0.95),
        ("L3", 0.93),
        ("L5", 0.99),
        ("S2", 1.05),
    )
    depth_profile: PositiveProfile = (
        ("T1", 0.72),
        ("T4", 0.88),
        ("T8", 0.98),
        ("L1", 0.98),
        ("L4", 0.95),
        ("S2", 0.97),
    )
    behind_spinous: NonNegative = 27.0  # from the canal back to the tip of a spinous process
    behind_sacrum: NonNegative = 16.0
    subcutaneous: PositiveNormal = Normal(16.0, 6.0, 6.0, 32.0)  # fat at the flank
    subcutaneous_profile: PositiveProfile = (("T4", 0.5), ("T11", 0.7), ("L3", 1.0), ("S2", 1.25))
    subcutaneous_front: Share = 0.3  # share more in front and less behind
    subcutaneous_variation: NonNegative = 0.12
    variation_length: Positive = 45.0
    slack: NonNegative = 22.0  # largest gap between spinous processes and skin where the back leaves the couch
    back_fat: NonNegativeRange = (5.0, 14.0)  # behind the spinous processes
    skin: NonNegative = 1.8
    skin_density: Density = 25.0
    wall: PositiveRange = (9.0, 13.0)  # muscle below the fat at the flank
    wall_behind: NonNegative = 0.8  # share more behind
    side: Range = (-6.0, 6.0)  # midline of the torso from that of the bodies
    pad: NonNegativeRange = (12.0, 20.0)  # mattress of the couch
    pad_density: Density = -955.0
    couch_density: Density = 40.0
    couch_core: Density = -930.0
    couch_skin: NonNegative = 2.2
    couch_half_width: Positive = 215.0
    couch_depth: Positive = 38.0
    couch_radius: Positive = 950.0  # of the couch's curvature


@settings
class Muscle:
    """A pair of muscles. Each is an ellipse in each slice; centre and half sizes are given at levels."""

    beside: Profile
    behind: Profile
    half_width: PositiveProfile
    half_depth: PositiveProfile


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


@settings
class TissueSettings:
    """Muscle, fat and the spinal canal."""

    muscle: DensityRange = (20.0, 42.0)
    fat: DensityRange = (-105.0, -85.0)
    muscles: tuple[Muscle, ...] = (PSOAS, ERECTOR, QUADRATUS, GLUTEI, ILIACUS)
    muscle_edge: Positive = 2.5
    marbling_length: Positive = 3.0
    marbling_softness: Positive = 1.4  # sds of the marbling from pure muscle to pure fat
    lean: NonNegativeRange = (1.2, 2.4)  # sds of the marbling; the lower, the more fat in muscle
    strands: float = 2.6  # sds of the marbling; the lower, the more tissue in fat
    enhanced_chance: Share = 0.5  # of contrast medium, in the venous phase
    thecal_sac: DensityRange = (0.0, 15.0)
    epidural_fat: NonNegative = 1.5
    canal_gap: NonNegative = 1.0
    air: Density = -1000.0


@settings
class ArmSettings:
    """Arms beside the torso: skin and fat around muscle around the bone."""

    chance: Share = 0.0  # of each case
    upper: Level = "T2"
    gap: Range = (-4.0, 14.0)  # from the torso; negative: pressed against it
    radius: PositiveRange = (36.0, 56.0)
    fat: PositiveRange = (4.0, 18.0)
    bone_radius: PositiveRange = (9.0, 12.0)
    cortical_thickness: Positive = 3.0
    marrow: DensityRange = (-60.0, 60.0)
    forward: Range = (-10.0, 40.0)  # of the middle of the torso


@settings
class ChestSettings:
    """Lungs, the diaphragm with its two domes, the windpipe and its two branches."""

    lung: DensityRange = (-890.0, -800.0)
    edge: Positive = 2.0
    wall: NonNegative = 4.0  # from the muscles below the skin to the lung
    inlet: Profile = (("T1", 62.0), ("T2", 38.0), ("T3", 20.0), ("T4", 9.0), ("T6", 0.0))  # more of it at upper levels
    gap: Range = (7.0, 16.0)  # from the bodies' side wall, and beside the mediastinum
    behind: float = 42.0  # how far the lung reaches behind the bodies' posterior wall
    mediastinum: Positive = 26.0  # half width in front of the spine
    strait: Positive | None = None  # half width directly in front of the bodies; None: theirs
    strait_depth: NonNegative = 15.0  # how far it is that narrow
    gutter: NonNegative = 0.0  # how far the lung recedes from the spine per mm towards the back
    wobble: NonNegative = 0.0  # standard deviation of its surface
    wobble_length: Positive = 22.0
    dome_level: Levels = ("T9", "T10")
    dome_drop: NonNegativeRange = (6.0, 18.0)  # the left dome is lower
    floor_level: Levels = ("T12", "L1")  # of the recess behind the liver
    floor_rise: float = 0.35  # rise per mm towards the front
    dome_side: NonNegative = 78.0
    dome_half_width: Positive = 95.0
    dome_half_depth: Positive = 105.0
    vessel: Density = 10.0
    vessel_length: Positive = 9.0
    vessel_radius: Positive = 0.28  # distance from the common zero of two noises of unit variance
    airway_radius: Positive = 8.5
    airway_front: float = 26.0  # in front of the bodies' anterior wall
    carina: Level = "T5"
    bronchus: Offset = (48.0, -4.0, -42.0)  # from the carina, on the left
    step_chance: Share = 0.0  # of steps in the diaphragm, where the patient breathed during the scan
    step: Range = (-9.0, 9.0)  # height of one step
    step_every: PositiveRange = (6.0, 25.0)  # along z between two steps


@settings
class VesselSettings:
    """Aorta, vena cava and iliac vessels."""

    blood: DensityRange = (35.0, 55.0)
    enhanced: DensityRange = (120.0, 175.0)
    venous: DensityRange | None = None  # blood of the veins; None: as in the arteries
    aorta_radius: PositiveRange = (9.0, 13.0)
    aorta_side: Profile = (("T4", 24.0), ("T8", 20.0), ("T11", 12.0), ("L2", 5.0), ("L4", 3.0))  # to the left
    aorta_shift: Range = (-5.0, 7.0)
    aorta_gap: Profile = (("T4", -8.0), ("T8", -2.0), ("T12", 3.0), ("L4", 4.0))  # from the anterior wall
    cava_radius: PositiveRange = (8.5, 12.0)
    cava_side: Profile = (("T9", -24.0), ("L1", -20.0), ("L4", -17.0))
    cava_gap: Profile = (("T9", 12.0), ("L1", 3.0), ("L4", 2.0))
    fork: Level = "L4"
    iliac_radius: Positive = 5.5
    iliac_end: Offset = (52.0, -36.0, 0.0)  # from the centre of S2, on the left
    vein_shift: Offset = (-4.0, 12.0, -6.0)  # of the iliac veins from the arteries
    calcification_chance: Share = 0.6
    calcification: DensityRange = (250.0, 700.0)
    calcification_thickness: Positive = 1.6
    calcification_pitch: PositiveRange = (15.0, 40.0)  # along the vessel per radian
    calcification_extent: PositiveShare = 0.4  # cosine of a plaque's half angle
