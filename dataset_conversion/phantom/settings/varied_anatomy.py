"""Bones that vary as those of patients do."""

from dataclasses import replace

from dataset_conversion.phantom.settings.bones import SolidPosteriorSettings
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.settings.normal_variants import NormalVariants
from dataset_conversion.phantom.settings.pelvic_bones import PelvicBoneSettings
from dataset_conversion.phantom.settings.shoulder_bones import ShoulderSettings
from dataset_conversion.phantom.settings.spine import MeasuredCurveSettings, ShapeSettings

TORSO_WIDTH = (
    ("C5", 0.36),
    ("C7", 0.48),
    ("T1", 0.68),
    ("T4", 0.92),
    ("T8", 0.98),
    ("T12", 0.95),
    ("L3", 0.93),
    ("L5", 0.99),
    ("S2", 1.05),
)
"""Width of the torso at each level: the shoulders are drawn beside it."""
TORSO_DEPTH = (
    ("C5", 0.54),
    ("C7", 0.58),
    ("T1", 0.6),
    ("T2", 0.66),
    ("T4", 0.82),
    ("T6", 0.94),
    ("T8", 0.98),
    ("L1", 0.98),
    ("L4", 0.95),
    ("S2", 0.97),
)
"""Depth of the torso at each level. The upper opening of the chest is about 6 cm deep."""


def varied_anatomy(settings: PhantomSettings) -> PhantomSettings:
    """These settings with bones that vary as those of patients do.

    Spines are laid out by the steps of real ones, some with a scoliosis; bodies vary in shape; posterior elements are
    solids; ribs meet the bodies at the discs; and pelvis, hips, shoulders and sternum have the shapes of real ones.
    Densities and fields of view stay as they are.
    """
    return replace(
        settings,
        spine=replace(
            settings.spine,
            measured=MeasuredCurveSettings(),
            sacral_step=Normal(30.0, 7.0, 12.0, 46.0),
            smallest_disc=1.8,
        ),
        shape=ShapeSettings(
            size_variation=Normal(1.0, 0.05, 0.85, 1.15),
            width=(1.0, 1.16),
            waist=(0.0, 0.28),
            roundness=(1.9, 3.0),
            posterior_notch=(0.3, 3.0),
            upper_share=(0.3, 0.7),
            osteophyte_chance=0.5,
            osteophyte=(1.0, 7.0),
            node_chance=0.2,
            node_depth=(2.0, 7.0),
            variants=NormalVariants(),
        ),
        posterior=replace(settings.posterior, cortical_thickness=1.6, solid=SolidPosteriorSettings()),
        ribs=replace(settings.ribs, radius=4.0, head=(0.95, 0.95, 0.5), neck=(14.0, 15.0, 0.0)),
        pelvic_bones=PelvicBoneSettings(),
        shoulders=ShoulderSettings(),
        torso=replace(settings.torso, width_profile=TORSO_WIDTH, depth_profile=TORSO_DEPTH),
    )
