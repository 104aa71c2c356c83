"""Settings of a pelvis as patients have it: sacrum, hip bones and femora. Lengths are in mm, densities in HU.

Points of the sacrum are (x, y, z) from the middle of S1 in its own axes; z is up along S1. Those of the hip bones are
in axes that do not lean, for a sacral slope of `reference_slope`; those of the femora are from the centre of the hip.
"""

from dataset_conversion.phantom.settings.bone_parts import BoneShape, BoneVariation, Part, Sheet
from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeRange,
    Normal,
    PositiveNormal,
    PositiveRange,
    ShareRange,
)
from dataset_conversion.phantom.settings.quantities import NonNegative, Offset, Positive, Share
from dataset_conversion.spine.settings import settings


@settings
class SacralBody:
    """The body of a sacral vertebra: the mean size, and how much higher it is in front than behind."""

    width: Positive
    depth: Positive
    height: Positive  # at the posterior wall
    anterior_ratio: PositiveNormal
    middle_ratio: PositiveNormal = Normal(0.96, 0.02, 0.9, 1.0)  # of the mean of both walls


S1 = SacralBody(50.0, 32.0, 25.0, Normal(1.2, 0.07, 1.02, 1.4))
"""An upper endplate of 50 x 32 mm, and 30 mm in front. L5 above it has 47 x 35 mm (Panjabi 1992)."""
S2 = SacralBody(38.0, 22.0, 23.0, Normal(1.1, 0.06, 0.95, 1.25))

_ALA = (
    Part((14.0, 4.0, -2.0), (48.0, 14.0, -10.0), (12.0, 13.0), (13.0, 15.0)),
    Part((12.0, 4.0, -28.0), (43.0, 13.0, -32.0), (12.0, 9.0), (12.0, 13.0)),
    Part((10.0, 2.0, -54.0), (31.0, 6.0, -54.0), (10.0, 7.0), (10.0, 9.0)),
    Part((47.0, 15.0, -12.0), (35.0, 8.0, -56.0), (9.0, 13.0), (7.0, 8.0), (1.0, 0.0, 0.0)),
    Part((33.0, 6.0, -56.0), (13.0, -16.0, -92.0), (7.0, 7.0), (4.0, 5.0), (1.0, 0.0, 0.0)),
)
"""The lateral mass from S1 to S5."""
_ROOF = (
    Part((21.0, 24.0, -2.0), (23.0, 27.0, 15.0), (8.0, 4.5), (7.0, 3.5), (1.0, 0.3, 0.0)),
    Part((24.0, 20.0, -4.0), (19.0, 27.0, -6.0), (9.0, 5.0)),
    Part((20.0, 27.0, -4.0), (0.0, 37.0, -8.0), (9.0, 3.5)),
    Part((16.0, 20.0, -30.0), (0.0, 29.0, -33.0), (9.0, 3.5)),
    Part((12.0, 13.0, -54.0), (0.0, 20.0, -57.0), (9.0, 3.0)),
    Part((0.0, 38.0, -6.0), (0.0, 44.0, -16.0), (8.0, 2.8)),
    Part((0.0, 30.0, -32.0), (0.0, 36.0, -42.0), (8.0, 2.6)),
    Part((0.0, 21.0, -56.0), (0.0, 24.0, -64.0), (7.0, 2.4)),
)
"""Upper articular process, laminae and the median crest."""
_TRUNK = (
    Part((0.0, 0.0, -8.0), (0.0, 1.0, -42.0), (21.0, 13.0), (16.0, 10.5), (1.0, 0.0, 0.0)),
    Part((0.0, 1.0, -38.0), (0.0, -2.0, -66.0), (15.0, 9.5), (12.0, 7.5), (1.0, 0.0, 0.0)),
    Part((0.0, -2.0, -62.0), (0.0, -12.0, -88.0), (13.0, 7.0), (10.0, 6.0), (1.0, 0.0, 0.0)),
    Part((0.0, -12.0, -86.0), (0.0, -24.0, -104.0), (10.0, 6.0), (7.0, 5.0), (1.0, 0.0, 0.0)),
)
"""The fused bodies below S1."""
_FORAMINA = (
    Part((21.0, -26.0, -15.0), (24.0, 40.0, -17.0), (5.5, 6.0)),
    Part((17.0, -22.0, -42.0), (18.0, 32.0, -42.0), (5.0, 5.5)),
    Part((14.0, -22.0, -66.0), (14.0, 24.0, -65.0), (4.0, 4.5)),
)
_CANAL = (
    Part((0.0, 24.0, 24.0), (0.0, 24.0, -8.0), (13.0, 7.5), (12.0, 7.0), (1.0, 0.0, 0.0)),
    Part((0.0, 24.0, -8.0), (0.0, 18.0, -32.0), (12.0, 7.0), (10.0, 5.5), (1.0, 0.0, 0.0)),
    Part((0.0, 18.0, -32.0), (0.0, 11.0, -54.0), (10.0, 5.5), (7.0, 4.0), (1.0, 0.0, 0.0)),
    Part((0.0, 11.0, -54.0), (0.0, 3.0, -74.0), (7.0, 4.0), (4.0, 2.5), (1.0, 0.0, 0.0)),
)
SACRUM = BoneShape(parts=(*_ALA, *_ROOF, *_TRUNK), cavities=(*_FORAMINA, *_CANAL), rounding=5.0, cortical_thickness=0.8)
COCCYX = BoneShape(
    parts=(
        Part((0.0, -27.0, -110.0), (0.0, -33.0, -117.0), (7.0, 4.5), (5.0, 3.5), (1.0, 0.0, 0.0)),
        Part((0.0, -38.0, -122.0), (0.0, -46.0, -127.0), (4.5, 3.5), (3.0, 2.5), (1.0, 0.0, 0.0)),
    ),
    cortical_thickness=0.8,
)

HIP_CENTRE = (88.0, -30.0, -95.0)

HIP_BONE = BoneShape(
    parts=(
        Part((84.0, -26.0, -90.0), (83.0, -25.0, -91.0), (33.0, 33.0)),  # around the acetabulum
        Part((76.0, 2.0, -88.0), (68.0, 8.0, -135.0), (17.0, 11.0), (15.0, 10.0), (0.0, 1.0, 0.0)),
        Part((68.0, 8.0, -135.0), (58.0, -5.0, -172.0), (15.0, 12.0), (13.0, 11.0), (0.0, 1.0, 0.0)),  # ischium
        Part((58.0, -8.0, -172.0), (28.0, -55.0, -158.0), (8.0, 6.0), (8.0, 5.0)),
        Part((28.0, -58.0, -152.0), (14.0, -72.0, -130.0), (10.0, 6.0), (13.0, 7.0)),
        Part((12.0, -76.0, -116.0), (10.5, -70.0, -147.0), (8.0, 8.0), (6.5, 8.0), (1.0, 0.0, 0.0)),  # symphysis
        Part((80.0, -48.0, -88.0), (18.0, -76.0, -116.0), (11.0, 9.0), (9.0, 8.0)),  # upper ramus of the pubis
        Part((70.0, 22.0, -112.0), (58.0, 34.0, -115.0), (6.0, 4.0), (3.0, 2.0)),  # ischial spine
    ),
    sheet=Sheet(
        rim=(
            (122.0, -72.0, -22.0, 6.0),  # anterior superior spine
            (134.0, -45.0, 25.0, 8.5),  # tubercle of the crest
            (129.0, -16.0, 45.0, 6.5),
            (110.0, 16.0, 56.0, 5.0),
            (84.0, 42.0, 44.0, 5.5),
            (61.0, 57.0, 17.0, 7.0),
            (42.0, 66.0, -12.0, 8.0),  # posterior superior spine
            (44.0, 62.0, -38.0, 7.0),
            (58.0, 38.0, -60.0, 7.0),  # greater sciatic notch
            (80.0, 8.0, -82.0, 12.0),
            (92.0, -42.0, -82.0, 13.0),
            (106.0, -62.0, -62.0, 8.0),  # anterior inferior spine
            (116.0, -68.0, -42.0, 5.0),
        ),
        inner=(
            (112.0, -20.0, 10.0, 2.0),  # iliac fossa
            (95.0, 12.0, 5.0, 2.5),
            (108.0, -45.0, -20.0, 3.5),
            (58.0, 40.0, -15.0, 8.5),  # at the joint with the sacrum
            (72.0, 24.0, -35.0, 9.0),
            (84.0, -2.0, -58.0, 10.0),  # arcuate line
            (93.0, -30.0, -60.0, 12.0),
        ),
    ),
    cavities=(
        Part(HIP_CENTRE, (88.5, -30.0, -95.0), (27.5, 27.5)),
        Part(HIP_CENTRE, (122.0, -46.0, -122.0), (27.0, 27.0), (40.0, 40.0)),  # the opening of the acetabulum
    ),
    rounding=6.0,
    cortical_thickness=1.5,
)
FEMUR = BoneShape(
    parts=(
        Part((0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (24.0, 24.0)),
        Part((0.0, 0.0, 0.0), (42.0, 8.0, -30.0), (12.5, 16.0), (12.5, 17.0), (0.0, 1.0, 0.0)),
        Part((44.0, 12.0, -38.0), (56.0, 18.0, -6.0), (15.0, 14.0), (11.0, 8.0), (0.0, 1.0, 0.0)),  # greater trochanter
        Part((45.0, 8.0, -40.0), (38.0, -2.0, -200.0), (16.0, 16.0), (14.0, 14.0), (1.0, 0.0, 0.0)),
        Part((34.0, 14.0, -55.0), (26.0, 24.0, -58.0), (9.0, 8.0), (6.0, 5.0)),
    ),
    rounding=6.0,
    cortical_thickness=1.1,
)
HIP_MUSCLES = (
    Part((70.0, 62.0, -10.0), (105.0, 45.0, -120.0), (42.0, 26.0), (50.0, 34.0), (1.0, 0.0, 0.0)),  # gluteus maximus
    Part((122.0, -8.0, 5.0), (138.0, 8.0, -110.0), (20.0, 44.0), (24.0, 44.0), (1.0, 0.0, 0.0)),  # smaller glutei
    Part((96.0, -62.0, -60.0), (118.0, -50.0, -260.0), (32.0, 26.0), (52.0, 50.0), (1.0, 0.0, 0.0)),  # thigh
    Part((108.0, 16.0, -150.0), (112.0, 10.0, -260.0), (52.0, 44.0), (52.0, 50.0), (1.0, 0.0, 0.0)),  # behind it
    Part((38.0, -48.0, -150.0), (66.0, -16.0, -260.0), (26.0, 30.0), (40.0, 44.0), (1.0, 0.0, 0.0)),  # adductors
    Part((62.0, -14.0, -110.0), (58.0, -12.0, -150.0), (8.0, 30.0), (10.0, 24.0), (1.0, 0.0, 0.0)),  # obturator
)
"""Muscles around the hips, from the same origin as the hip bones."""


@settings
class PelvicBoneSettings:
    """Sacrum, hip bones and femora of a patient.

    Attributes:
        s1: Body of S1.
        s2: Body of S2.
        lumbosacral_disc: Height of the disc of L5.
        remnant: Height of what is left of the disc between S1 and S2.
        remnant_share: Its width and depth as a share of the bone's.
        remnant_density: Its density: partly bone in the aged.
        remnant_step: Distance between the remnants of sacral discs.
        sacrum: The sacrum without the body of S1.
        coccyx: The coccyx.
        hip_bone: The left hip bone.
        femur: The left femur.
        muscles: Muscles around the left hip.
        hip_centre: Centre of the left hip.
        reference_slope: Sacral slope for which hip bones are described.
        side_share: How far the pelvis leans and turns to the sides with L5: less in a scoliosis.
        slope_share: How far the pelvis follows the slope of S1.
        tilt: Tilt of the pelvis beyond that.
        joint_gap: Gap of the sacroiliac joint.
        ala_share: Density of the alae relative to that of the body of S1; their marrow is fatty.
        ala_begins: Distance from the midline at which the alae begin.
        femoral_shell: Thickness of the shell of the femoral shaft.
        femoral_marrow: Density inside the shaft.
        texture_length: Size of the grain of trabecular bone.
        variation: How the bones of patients differ.
    """

    s1: SacralBody = S1
    s2: SacralBody = S2
    lumbosacral_disc: PositiveNormal = Normal(9.0, 2.5, 3.0, 14.0)
    remnant: NonNegativeRange = (0.8, 4.5)
    remnant_share: ShareRange = (0.4, 0.95)
    remnant_density: DensityRange = (40.0, 220.0)
    remnant_step: Positive = 25.0
    sacrum: BoneShape = SACRUM
    coccyx: BoneShape = COCCYX
    hip_bone: BoneShape = HIP_BONE
    femur: BoneShape = FEMUR
    muscles: tuple[Part, ...] = HIP_MUSCLES
    hip_centre: Offset = HIP_CENTRE
    reference_slope: NonNegative = 38.0
    side_share: Share = 0.35
    slope_share: Share = 0.6
    tilt: Normal = Normal(0.0, 4.0, -10.0, 10.0)
    joint_gap: PositiveRange = (1.0, 3.0)
    ala_share: PositiveRange = (0.15, 0.95)
    ala_begins: Positive = 22.0
    femoral_shell: PositiveRange = (3.5, 7.5)
    femoral_marrow: DensityRange = (-80.0, 40.0)
    texture_length: Positive = 1.6
    variation: BoneVariation = BoneVariation(
        size=Normal(1.0, 0.05, 0.88, 1.14), stretch=0.025, thickness=Normal(1.0, 0.1, 0.75, 1.3), shift=1.5
    )
