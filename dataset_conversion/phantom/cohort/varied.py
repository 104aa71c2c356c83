"""Cases that vary widely in everything but the order of their vertebrae, for networks that are to work on real CTs.

Each case draws its own field of view, scanner, phase of the contrast medium, build and density of bone. Most are drawn
independently and from wider ranges than those of patients: to a network that has seen more variation than there is, a
real scan is one more variation (domain randomisation: Tobin et al. 2017; Billot et al. 2023 for segmentation).

Runs of fractures and the share of cases without one are near those of Nicolaes et al. 2019 (section 2), and grades have
the shares of VerSe'19 (119 mild, 88 moderate, 47 severe).
"""

from dataclasses import replace

from dataset_conversion.phantom.cohort.paper import LEVEL_ODDS
from dataset_conversion.phantom.settings.acquisition import FieldSettings, Scanner
from dataset_conversion.phantom.settings.bones import BoneSettings
from dataset_conversion.phantom.settings.cohort import CompositionSettings, PhantomSettings
from dataset_conversion.phantom.settings.discs import DiscSettings
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.settings.lesions import ImplantSettings, LesionSettings
from dataset_conversion.phantom.settings.organs import ORGANS, OrganSettings
from dataset_conversion.phantom.settings.thorax import ThoraxSettings
from dataset_conversion.phantom.settings.tissue import (
    ArmSettings,
    ChestSettings,
    TissueSettings,
    TorsoSettings,
    VesselSettings,
)
from dataset_conversion.phantom.settings.urinary import UrinarySettings
from dataset_conversion.phantom.settings.variation import VariationSettings
from dataset_conversion.phantom.settings.varied_anatomy import varied_anatomy

COMPOSITION = CompositionSettings(
    runs=(
        ((), 10),
        ((1,), 15),
        ((1, 1), 4),
        ((2,), 13),
        ((2, 1), 8),
        ((3,), 4),
        ((3, 1), 3),
        ((4,), 3),
    ),
    fields=(
        ("C6", "L1", 4),
        ("C6", "L2", 1),
        ("C7", "T10", 3),
        ("C7", "L1", 4),
        ("C7", "L2", 2),
        ("C7", "S2", 1),
        ("T1", "L1", 2),
        ("T1", "L2", 1),
        ("T1", "S2", 2),
        ("T2", "L1", 4),
        ("T3", "L2", 3),
        ("T4", "T10", 2),
        ("T5", "L3", 3),
        ("T6", "S2", 3),
        ("T8", "L1", 2),
        ("T8", "S2", 2),
        ("T9", "S2", 3),
        ("T10", "L3", 3),
        ("T10", "S2", 3),
        ("T11", "L4", 2),
        ("T11", "S2", 2),
        ("T12", "L5", 3),
        ("T12", "S2", 2),
        ("L1", "L5", 3),
    ),
    grades=(51, 38, 20),
    level_odds=LEVEL_ODDS,
)
"""Chests, abdomens and crops of five vertebrae or more."""

_WHOLE = (300.0, 500.0)  # width of whole fields
_PADDING = (-1024.0, -2000.0, -2048.0, -3024.0)

SOFT_KERNEL = Scanner(
    name="soft kernel",
    diameter=_WHOLE,
    in_plane_spacing=(0.6, 1.0),
    slice_spacing=(1.0, 2.5),
    in_plane_blur=(0.6, 1.1),
    slice_blur=(0.4, 0.9),
    noise_sd=(6.0, 25.0),
    rendered_slice=1.8,
    noise_variation=0.2,
    noise_in_air=0.5,
    padding=_PADDING,
    padding_chance=0.6,
)
BONE_KERNEL = replace(
    SOFT_KERNEL,
    name="bone kernel",
    in_plane_spacing=(0.5, 0.9),
    slice_spacing=(0.6, 2.0),
    in_plane_blur=(0.35, 0.6),
    slice_blur=(0.3, 0.7),
    noise_sd=(20.0, 130.0),
    overshoot=(0.3, 1.2),
    overshoot_width=1.0,
)
LOW_DOSE = replace(
    SOFT_KERNEL,
    name="low dose",
    in_plane_spacing=(0.6, 1.0),
    slice_spacing=(1.0, 3.0),
    in_plane_blur=(0.55, 0.9),
    noise_sd=(30.0, 100.0),
    noise_variation=0.35,
    streaks=(5.0, 60.0),
)
THICK_SLICES = replace(
    SOFT_KERNEL,
    name="thick slices",
    slice_spacing=(2.5, 5.0),
    in_plane_blur=(0.5, 1.0),
    slice_blur=(0.5, 1.5),
    noise_sd=(4.0, 25.0),
    overshoot=(0.0, 0.8),
)
RESAMPLED = replace(
    SOFT_KERNEL,
    name="resampled to large voxels",
    in_plane_spacing=(1.0, 3.0),
    slice_spacing=(1.5, 3.0),
    in_plane_blur=(0.8, 1.4),
    slice_blur=(0.6, 1.2),
    noise_sd=(3.0, 25.0),
)

_ORGANS = tuple(
    replace(organ, density=(0.0, 68.0)) if "liver" in organ.name else organ
    for organ in ORGANS
    if organ.abdominal and "kidney" not in organ.name and "renal" not in organ.name
)
"""Organs of one density; heart and kidneys have settings of their own."""

_TISSUE = PhantomSettings(
    composition=COMPOSITION,
    field_of_view=FieldSettings(
        crop_position=(0.3, 0.6),
        crop_offset=(-25.0, 25.0),
        margin=(-70.0, 130.0),
        behind_back=(-5.0, 130.0),
        hips_chance=0.5,
        hips=(5.0, 150.0),
    ),
    unlisted=("S1", "S2"),
    scanners=(SOFT_KERNEL, BONE_KERNEL, LOW_DOSE, THICK_SLICES, RESAMPLED),
    bone=BoneSettings(
        age=Normal(62.0, 22.0, 18.0, 98.0),
        trabecular_deviation=Normal(0.0, 45.0, -95.0, 110.0),
        trabecular_variation=Normal(0.0, 15.0, -30.0, 45.0),
        texture_sd=(8.0, 60.0),
        cortical=(400.0, 1050.0),
        cortical_thickness=(0.3, 1.4),
        endplate_thickness=(0.4, 1.6),
    ),
    torso=TorsoSettings(pad=(0.0, 40.0), wall=(6.0, 18.0)),
    tissue=TissueSettings(
        muscle=(15.0, 68.0),
        fat=(-120.0, -75.0),
        lean=(0.2, 2.8),
        thecal_sac=(-5.0, 40.0),
    ),
    chest=ChestSettings(lung=(-920.0, -660.0), gap=(-4.0, 10.0), step_chance=0.25),
    organs=OrganSettings(
        organs=_ORGANS,
        size=(0.8, 1.25),
        shift=(-12.0, 12.0),
        stool=(-60.0, 120.0),
    ),
    vessels=VesselSettings(
        aorta_radius=(8.0, 19.0),
        aorta_shift=(-9.0, 14.0),
        cava_radius=(6.0, 15.0),
        calcification_chance=0.55,
        calcification=(250.0, 1300.0),
        calcification_pitch=(6.0, 60.0),
    ),
    thorax=ThoraxSettings(),
    urinary=UrinarySettings(),
    arms=ArmSettings(chance=0.7),
    discs=DiscSettings(),
    lesions=LesionSettings(vacuum_chance=0.02, island_chance=0.06, haemangioma_chance=0.06, cement_chance=0.1),
    implants=ImplantSettings(chance=0.08),
    variation=VariationSettings(),
)

VARIED = varied_anatomy(_TISSUE)
"""Cases of a varied cohort."""
