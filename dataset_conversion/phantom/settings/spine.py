"""Settings of the spine: its curve, the shape of its vertebral bodies and their fractures.

Lengths are in mm, angles in degrees, densities in HU.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dataset_conversion.phantom.settings.distributions import (
    NonNegativeNormal,
    NonNegativeRange,
    Normal,
    PositiveNormal,
    PositiveRange,
    Range,
    ShareRange,
)
from dataset_conversion.phantom.settings.levels import Level
from dataset_conversion.phantom.settings.normal_variants import NormalVariants
from dataset_conversion.phantom.settings.quantities import NonNegative, Positive, Share
from dataset_conversion.spine.settings import settings


def _sum_to_one(chances: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    if abs(sum(chance for _, chance in chances) - 1) > 1e-8:
        raise ValueError("chances that sum to 1")
    return chances


ShapeChances = Annotated[tuple[tuple[Literal["wedge", "biconcave", "crush"], Share], ...], AfterValidator(_sum_to_one)]


@settings
class MeasuredCurveSettings:
    """A spine laid out by the steps of real spines (`measured_steps.json`), some of them with a scoliosis.

    It takes the place of the size of the patient, the spacings, kyphosis, lordosis, pitch and the lateral curve. A
    scoliosis is one half wave of the lateral lean, with the bodies turned in proportion to it.
    """

    degrees_of_freedom: Annotated[float, Field(gt=2)] = 8.0  # of the t distribution; the lower, the more bent spines
    body_scale: PositiveNormal = Normal(1.04, 0.04, 0.92, 1.16)  # size of the bodies relative to the spacings
    largest_scale: Annotated[float, Field(gt=1)] = 1.22  # of a patient; the smallest is its inverse
    steepest: Positive = 55.0  # largest lean of a body above the sacrum
    scoliosis_chance: Share = 0.2
    cobb_angle: NonNegativeRange = (10.0, 40.0)
    scoliotic_levels: PositiveRange = (5.0, 10.0)  # from one end of the curve to the other
    rotation_share: NonNegative = 0.3  # largest axial rotation per Cobb angle


@settings
class SpineSettings:
    """The curve of the spine.

    It is that of recumbent patients. In VerSe, kyphosis from T4/5 to T11/12 is 28 +- 11 degrees, lordosis from L1/2 to
    L4/5 22 +- 12 degrees, and the largest lateral deviation has a median of 3.9 and a 95th percentile of 11 mm.
    """

    levels_beyond: Annotated[int, Field(ge=1, le=2)] = 2  # vertebrae added above and below the field
    body_scale: PositiveNormal = Normal(1.0, 0.05, 0.88, 1.12)  # size of a patient relative to the mean
    spacing_variation: PositiveNormal = Normal(1.0, 0.02, 0.95, 1.05)
    kyphosis: Normal = Normal(4.0, 1.6, 0.0, 8.0)  # change of the tangent per level, down to `kyphosis_end`
    lordosis: Normal = Normal(7.0, 3.0, 0.0, 14.0)  # per level, from `lordosis_start` down
    kyphosis_end: Level = "T10"
    lordosis_start: Level = "L3"
    sacral_step: Normal = Normal(12.0, 4.0, 4.0, 20.0)  # lordosis from L5 to S1; S2 follows S1
    pitch: Normal = Normal(0.0, 4.0, -8.0, 8.0)  # lean of the whole spine in the field
    lateral_amplitude: NonNegativeNormal = Normal(4.0, 4.0, 0.0, 12.0)
    lateral_wavelength: PositiveRange = (180.0, 320.0)
    axial_rotation: Normal = Normal(0.0, 2.5, -7.0, 7.0)
    wedge_kyphosis_share: Share = 0.6  # of a wedge's angle that the discs do not compensate
    smallest_disc: Positive = 2.5
    measured: MeasuredCurveSettings | None = None  # None: the curve and the spacings are those above


@settings
class ShapeSettings:
    """The shape of a vertebral body without a fracture.

    Height ratios follow 3,393 expert six-point readings of chest CT (neuro-ml/vertebral-fractures-severity):
    anterior / posterior N(0.93, 0.08), middle / posterior N(0.85, 0.06).
    """

    anterior_ratio: PositiveNormal = Normal(0.93, 0.08, 0.69, 1.17)
    middle_ratio: PositiveNormal = Normal(0.85, 0.06, 0.67, 1.03)
    size_variation: PositiveNormal = Normal(1.0, 0.03, 0.92, 1.08)  # size of a body relative to others of the patient
    width: PositiveRange | None = None  # at the endplates, relative to the mean of the level; None: 1
    waist: ShareRange = (0.06, 0.12)  # share of the radius lost midway between the endplates
    roundness: PositiveRange = (2.1, 2.6)  # exponent of the superellipse: 2 is an ellipse, more is squarer
    posterior_notch: NonNegativeRange = (0.3, 1.2)  # depth of the hollow in the posterior wall
    upper_share: ShareRange = (0.4, 0.6)  # of the concavity, in the upper endplate
    edge_radius: Positive = 2.0  # rounding between wall and endplate
    osteophyte_chance: Share = 0.3
    osteophyte: NonNegativeRange = (2.0, 6.0)
    node_chance: Share = 0.12  # of a Schmorl's node
    node_depth: NonNegativeRange = (3.0, 6.0)
    node_radius: PositiveRange = (0.2, 0.3)  # of the half width
    node_side: PositiveRange = (0.32, 0.55)  # of the half width; more than the radius, to keep off the midline
    node_position: Range = (-0.3, 0.3)  # of the half depth
    variants: NormalVariants | None = None  # wedged, short and irregular bodies, with ratios of their own


@settings
class FractureSettings:
    """The appearance of a fracture.

    `loss` is the share of height lost in Genant grade 1, 2 and 3; drawn values keep `band_margin` from its limits.
    """

    shape_chance: ShapeChances = (("wedge", 0.5), ("biconcave", 0.3), ("crush", 0.2))
    loss: tuple[ShareRange, ShareRange, ShareRange] = ((0.20, 0.25), (0.25, 0.40), (0.40, 0.60))
    band_margin: NonNegative = 0.005
    bulge: NonNegative = 0.3  # growth of width and depth per share of height lost
    wedge_concavity: Share = 0.6  # share of the normal concavity left in a wedge
    upper_share: ShareRange = (0.55, 0.9)
    step_chance: Share = 0.7
    step_share: ShareRange = (0.3, 0.7)  # of a wedge's anterior loss, in one step of the endplate
    step_position: Range = (-0.35, 0.2)  # from -1, the anterior wall, to 1, the posterior wall
    step_width: Positive = 0.15
    sclerosis_chance: Share = 0.75
    sclerosis: NonNegativeRange = (120.0, 300.0)
    mimic_chance: Share = 0.15  # of some sclerosis below the endplate of a normal vertebra
    mimic_sclerosis: NonNegativeRange = (40.0, 140.0)
    sclerosis_depth: NonNegativeRange = (1.5, 4.0)  # of the band's middle below the upper endplate
    sclerosis_thickness: Positive = 1.1  # standard deviation of the band
