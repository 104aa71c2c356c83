"""Settings of the bones of the shoulders and of the front of the chest. Lengths are in mm, densities in HU.

Points of the shoulders are (x, y, z) from the middle of T3 in axes that do not lean, on the left side. Chests are
scanned with raised arms, if the patient can raise them; the blades then lie further to the side and turn outwards.
"""

from dataset_conversion.phantom.settings.bone_parts import BoneShape, BoneVariation, Part, Sheet
from dataset_conversion.phantom.settings.distributions import DensityRange, Normal, PositiveRange, Range
from dataset_conversion.phantom.settings.levels import Level
from dataset_conversion.phantom.settings.quantities import NonNegative, Offset, Positive, Share
from dataset_conversion.spine.settings import settings

_FLAT = (1.0, 0.0, 0.0)


@settings
class Shoulder:
    """The bones of a shoulder with raised or lowered arms, and the soft tissue around them.

    Attributes:
        blade: The scapula.
        humerus: The upper end of the humerus.
        clavicle: The clavicle, from the joint with the sternum.
        flesh: Axes and radii of what muscle and fat fill.
    """

    blade: BoneShape
    humerus: BoneShape
    clavicle: tuple[Offset, Offset, Offset, Offset]
    flesh: tuple[Part, ...]


RAISED = Shoulder(
    blade=BoneShape(
        parts=(
            Part((88.0, 20.0, 12.0), (107.0, 6.0, 33.0), (12.0, 8.0), (17.0, 12.0)),  # neck and glenoid
            Part((53.0, 52.0, 8.0), (98.0, 48.0, 38.0), (10.0, 2.5), (9.0, 4.5), (0.0, 1.0, -0.2)),  # spine
            Part((98.0, 48.0, 38.0), (126.0, 30.0, 64.0), (10.0, 5.5), (11.0, 4.5), (0.0, 1.0, 0.0)),  # acromion
            Part((94.0, 4.0, 36.0), (86.0, -24.0, 42.0), (6.5, 6.5), (5.0, 5.0)),  # coracoid process
        ),
        sheet=Sheet(
            rim=(
                (50.0, 50.0, 26.0, 3.0),  # superior angle
                (44.0, 52.0, -5.0, 2.5),
                (49.0, 48.0, -45.0, 2.5),
                (73.0, 36.0, -88.0, 3.0),
                (101.0, 16.0, -112.0, 4.5),  # inferior angle
                (110.0, 2.0, -85.0, 5.0),
                (105.0, 4.0, -40.0, 6.0),
                (98.0, 10.0, 0.0, 6.5),
                (92.0, 15.0, 22.0, 6.0),
                (74.0, 34.0, 33.0, 2.5),
            ),
            inner=((72.0, 33.0, -25.0, 1.5), (86.0, 22.0, -60.0, 1.5), (68.0, 42.0, 8.0, 1.7)),
        ),
        rounding=4.0,
        cortical_thickness=1.3,
    ),
    humerus=BoneShape(
        parts=(
            Part((131.0, -2.0, 47.0), (131.5, -2.0, 47.0), (23.0, 23.0)),
            Part((139.0, -14.0, 52.0), (144.0, -4.0, 60.0), (12.0, 12.0)),
            Part((134.0, -4.0, 52.0), (172.0, -34.0, 190.0), (15.0, 15.0), (11.5, 11.5), _FLAT),
        ),
        cortical_thickness=1.3,
    ),
    clavicle=((16.0, -66.0, 4.0), (52.0, -58.0, 26.0), (92.0, -20.0, 54.0), (120.0, 18.0, 68.0)),
    flesh=(
        Part((16.0, -2.0, 90.0), (18.0, 38.0, -30.0), (40.0, 26.0), (40.0, 24.0), _FLAT),
        Part((30.0, 4.0, 80.0), (118.0, 8.0, 46.0), (38.0, 32.0), (48.0, 44.0)),
        Part((131.0, 0.0, 48.0), (176.0, -36.0, 190.0), (54.0, 50.0), (46.0, 44.0), _FLAT),
        Part((126.0, 10.0, 25.0), (112.0, 14.0, -70.0), (40.0, 46.0), (26.0, 30.0), (0.0, 1.0, 0.0)),
        Part((62.0, -42.0, -4.0), (120.0, 2.0, 30.0), (36.0, 22.0), (40.0, 26.0)),
    ),
)
LOWERED = Shoulder(
    blade=BoneShape(
        parts=(
            Part((112.0, 14.0, 2.0), (133.0, 6.0, 12.0), (12.0, 8.0), (17.0, 12.0)),
            Part((68.0, 58.0, 4.0), (118.0, 46.0, 22.0), (10.0, 2.5), (9.0, 4.5), (0.0, 1.0, -0.2)),
            Part((118.0, 46.0, 22.0), (152.0, 16.0, 40.0), (10.0, 5.5), (11.0, 4.5), (0.0, 1.0, 0.0)),
            Part((122.0, 2.0, 22.0), (117.0, -24.0, 16.0), (6.5, 6.5), (5.0, 5.0)),
        ),
        sheet=Sheet(
            rim=(
                (70.0, 50.0, 26.0, 3.0),
                (62.0, 54.0, -5.0, 2.5),
                (60.0, 53.0, -55.0, 2.5),
                (66.0, 48.0, -95.0, 3.0),
                (78.0, 42.0, -112.0, 4.5),
                (94.0, 34.0, -85.0, 5.0),
                (106.0, 24.0, -40.0, 6.0),
                (114.0, 16.0, -12.0, 6.5),
                (114.0, 16.0, 12.0, 6.0),
                (94.0, 34.0, 28.0, 2.5),
            ),
            inner=((82.0, 38.0, -25.0, 1.5), (78.0, 42.0, -65.0, 1.5), (86.0, 37.0, 5.0, 1.7)),
        ),
        rounding=4.0,
        cortical_thickness=1.3,
    ),
    humerus=BoneShape(
        parts=(
            Part((157.0, 2.0, 14.0), (157.5, 2.0, 14.0), (23.0, 23.0)),
            Part((170.0, -4.0, 10.0), (172.0, 4.0, 2.0), (12.0, 12.0)),
            Part((162.0, 2.0, 8.0), (182.0, 12.0, -160.0), (15.0, 15.0), (11.5, 11.5), _FLAT),
        ),
        cortical_thickness=1.3,
    ),
    clavicle=((16.0, -66.0, 4.0), (56.0, -66.0, 22.0), (108.0, -24.0, 30.0), (146.0, 8.0, 42.0)),
    flesh=(
        Part((16.0, 0.0, 90.0), (18.0, 38.0, -30.0), (40.0, 26.0), (40.0, 24.0), _FLAT),
        Part((32.0, 8.0, 70.0), (140.0, 6.0, 14.0), (36.0, 30.0), (48.0, 44.0)),
        Part((157.0, 2.0, 8.0), (182.0, 12.0, -160.0), (50.0, 48.0), (44.0, 42.0), _FLAT),
        Part((118.0, 24.0, 10.0), (98.0, 26.0, -80.0), (36.0, 34.0), (26.0, 26.0), (0.0, 1.0, 0.0)),
        Part((62.0, -46.0, -12.0), (138.0, -12.0, 6.0), (36.0, 22.0), (40.0, 26.0)),
    ),
)


@settings
class SternumSettings:
    """Manubrium, body and tip of the sternum: half widths, half thicknesses, and where they begin and end."""

    manubrium: tuple[Level, Level] = ("T2", "T4")
    body_end: Level = "T9"
    manubrium_sizes: tuple[Positive, Positive] = (29.0, 7.5)
    angle_sizes: tuple[Positive, Positive] = (17.0, 6.0)  # where manubrium and body meet
    body_sizes: tuple[Positive, Positive] = (19.0, 5.0)
    tip_length: NonNegative = 28.0
    tip_sizes: tuple[Positive, Positive] = (7.0, 3.0)
    gap: NonNegative = 2.0  # of the joint between manubrium and body


@settings
class ShoulderSettings:
    """Shoulders, clavicles and sternum of a patient.

    Attributes:
        raised: Shoulders with raised arms.
        lowered: Shoulders with lowered arms.
        lowered_chance: Chance of lowered arms.
        clavicle_sizes: Half sizes of the clavicle at its four points.
        clavicle_joint: Its inner end from the middle of the upper end of the manubrium.
        clavicle_shell: Thickness of its shell.
        sternum: The sternum.
        level: Where the shoulders are placed.
        chest_half_width: Half width of the chest for which they are described, `chest_below` below that level.
        chest_below: See there.
        chest_behind: How far the chest wall for which they are described lies behind the middle of the vertebra.
        behind: How much further back or in front they may lie to follow the chest wall.
        follow: How far they follow a wider or narrower chest.
        rise: How much higher or lower they lie.
        fat: Thickness of the fat around the muscles.
        humeral_shell: Thickness of the shell of the humeral shaft.
        humeral_marrow: Density inside it.
        texture_length: Size of the grain of trabecular bone.
        variation: How the bones of patients differ.
    """

    raised: Shoulder = RAISED
    lowered: Shoulder = LOWERED
    lowered_chance: Share = 0.3
    clavicle_sizes: tuple[Positive, Positive, Positive, Positive] = (10.0, 6.5, 6.0, 7.5)
    clavicle_joint: Offset = (25.0, 6.0, 4.0)
    clavicle_shell: Positive = 1.5
    sternum: SternumSettings = SternumSettings()
    level: Level = "T3"
    chest_half_width: Positive = 118.0
    chest_below: NonNegative = 45.0
    chest_behind: float = 40.0
    behind: Range = (-10.0, 25.0)
    follow: Share = 0.7
    rise: Range = (-18.0, 14.0)
    fat: PositiveRange = (5.0, 22.0)
    humeral_shell: PositiveRange = (2.5, 5.0)
    humeral_marrow: DensityRange = (-80.0, 60.0)
    texture_length: Positive = 1.6
    variation: BoneVariation = BoneVariation(
        size=Normal(1.0, 0.05, 0.88, 1.14), stretch=0.04, thickness=Normal(1.0, 0.1, 0.75, 1.3), shift=5.0
    )
