"""Settings of what a case draws once for all of its structures. Lengths are in mm, densities in HU."""

from typing import Annotated

from pydantic import Field

from dataset_conversion.phantom.settings.distributions import (
    DensityRange,
    NonNegativeRange,
    PositiveRange,
    Range,
    ShareRange,
)
from dataset_conversion.phantom.settings.quantities import Density, Positive, Share
from dataset_conversion.spine.settings import settings

Slope = tuple[Positive, Positive]
"""Mean values of the thinnest and the most obese patient."""


@settings
class Phase:
    """A phase of the contrast medium.

    Attributes:
        name: What the phase is called.
        odds: Odds that a case is in this phase.
        arteries: Density of the arteries and of the left half of the heart.
        veins: Density of the veins.
        organs: How far the organs are from their native to their portal-venous density.
        marrow: What trabecular bone gains.
        pulmonary: Density of the right half of the heart and of the pulmonary arteries.
        muscle: Density of the muscle of the heart.
        injection_chance: Chance of undiluted contrast medium in the veins of an arm.
        cortex: Density of the cortex of the kidneys.
        medulla: Density of their medulla relative to that.
        collecting: Density of urine; None: without contrast medium.
    """

    name: str
    odds: Positive
    arteries: DensityRange
    veins: DensityRange
    organs: NonNegativeRange = (0.0, 0.0)
    marrow: Range = (0.0, 0.0)
    pulmonary: DensityRange = (28.0, 58.0)
    muscle: DensityRange = (35.0, 60.0)
    injection_chance: Share = 0.0
    cortex: DensityRange = (26.0, 42.0)
    medulla: PositiveRange = (0.9, 1.0)
    collecting: DensityRange | None = None


PHASES = (
    Phase("native", 0.3, arteries=(28.0, 58.0), veins=(28.0, 58.0)),
    Phase(
        "pulmonary arterial",
        0.1,
        arteries=(60.0, 350.0),
        veins=(28.0, 70.0),
        pulmonary=(250.0, 700.0),
        muscle=(45.0, 110.0),
        injection_chance=0.85,
        cortex=(40.0, 180.0),
        medulla=(0.3, 0.7),
    ),
    Phase(
        "arterial",
        0.2,
        arteries=(180.0, 480.0),
        veins=(35.0, 130.0),
        organs=(0.1, 0.6),
        marrow=(0.0, 15.0),
        pulmonary=(130.0, 480.0),
        muscle=(80.0, 150.0),
        injection_chance=0.6,
        cortex=(150.0, 260.0),
        medulla=(0.25, 0.6),
    ),
    Phase(
        "portal venous",
        0.24,
        arteries=(110.0, 190.0),
        veins=(110.0, 190.0),
        organs=(0.7, 1.2),
        marrow=(5.0, 25.0),
        pulmonary=(110.0, 190.0),
        muscle=(80.0, 130.0),
        injection_chance=0.1,
        cortex=(150.0, 230.0),
        medulla=(0.75, 1.0),
    ),
    Phase(
        "late",
        0.08,
        arteries=(75.0, 120.0),
        veins=(75.0, 120.0),
        organs=(0.4, 0.9),
        marrow=(0.0, 20.0),
        pulmonary=(75.0, 120.0),
        muscle=(65.0, 110.0),
        cortex=(100.0, 170.0),
        medulla=(0.9, 1.05),
        collecting=(60.0, 900.0),
    ),
    Phase(
        "excretory",
        0.08,
        arteries=(60.0, 105.0),
        veins=(60.0, 105.0),
        organs=(0.2, 0.6),
        marrow=(0.0, 10.0),
        pulmonary=(60.0, 105.0),
        muscle=(55.0, 95.0),
        cortex=(80.0, 140.0),
        medulla=(0.95, 1.1),
        collecting=(300.0, 1500.0),
    ),
)
"""Densities of blood and kidneys from native to excretory; undiluted contrast medium is in `ThoraxSettings`.

Phases are mixed in some of the cases, as densities are drawn independently. Odds and limits are ours.
"""


@settings
class BowelContent:
    """What bowel contains in a case.

    Attributes:
        odds: Odds that a case has this content.
        density: Its density, drawn for each loop.
    """

    odds: Positive
    density: DensityRange


BOWEL = (
    BowelContent(0.6, (5.0, 45.0)),
    BowelContent(0.15, (-15.0, 15.0)),
    BowelContent(0.25, (60.0, 450.0)),
)
"""Ordinary content, water, and positive contrast medium."""


@settings
class VariationSettings:
    """Values that a case draws once, where the other settings have one value or a range for each structure.

    Attributes:
        narrow_chance: Chance of a narrow field around the spine instead of a whole one.
        narrow_width: Width of a narrow field.
        narrow_ratio: Its depth relative to its width.
        whole_in_plane: Limits of the voxel spacing inside a slice in whole fields, which have about 512 columns.
        phases: Phases of the contrast medium.
        bowel: Contents of the bowel.
        gas_chance: Chance of gas in a loop of bowel.
        half_width: Half width of the torso, from thin to obese.
        half_depth: Half depth of the torso, from thin to obese.
        subcutaneous: Fat at the flank, from thin to obese.
        back_fat: Fat behind the spinous processes, from thin to obese.
        build: Half width and half depth relative to those of the mean patient of the same girth.
        roundness: Exponent of the outline.
        posterior_share: Density of the posterior elements' trabecular bone relative to that of the bodies.
        rib_share: The same of the ribs.
        pelvis_share: The same of the pelvis.
        least_body: Least mean density of trabecular bone of the bodies. Jang 2019: 89 HU with a standard deviation of
            38 HU from 90 years on.
        least_trabecular: Least density of trabecular bone outside the bodies.
        cartilage: Density of the ribs' cartilage.
        stomach_content: Chance that the stomach contains what the bowel does.
        mediastinum: Half width of the mediastinum in front of the spine.
        strait: Half width of the mediastinum directly in front of the bodies.
        strait_depth: How far in front of the bodies it is that narrow.
        inlet: How much narrower the chest is at its inlet, relative to the settings of the chest.
        gutter: How far the lung recedes from the spine per mm towards the back.
        lung_wobble: Standard deviation of the surface of the lung.
        lung_edge: Width of the edges of the lung, which breathing blurs.
        windpipe: Radius of the windpipe.
        calcification_thickness: Thickness of plaques in the aorta.
        calcification_extent: Cosine of a plaque's half angle.
        couch_chance: Chance that the couch is seen.
        couch_half_width: Half width of the couch.
        couch_depth: Its thickness.
        couch_radius: Radius of its curvature, drawn on a logarithmic scale.
        couch_skin: Thickness of its shell.
        couch_density: Density of its shell.
        couch_core: Density of its core.
    """

    narrow_chance: Share = 0.5
    narrow_width: PositiveRange = (90.0, 200.0)
    narrow_ratio: PositiveRange = (0.8, 1.3)
    whole_in_plane: PositiveRange = (0.75, 1.2)
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)] = PHASES
    bowel: Annotated[tuple[BowelContent, ...], Field(min_length=1)] = BOWEL
    gas_chance: ShareRange = (0.1, 0.7)
    half_width: Slope = (138.0, 220.0)
    half_depth: Slope = (88.0, 160.0)
    subcutaneous: Slope = (4.0, 50.0)
    back_fat: Slope = (3.0, 42.0)
    build: PositiveRange = (0.93, 1.07)
    roundness: PositiveRange = (2.1, 3.0)
    posterior_share: PositiveRange = (0.8, 1.8)
    rib_share: PositiveRange = (0.4, 1.1)
    pelvis_share: PositiveRange = (0.3, 0.9)
    least_body: Density = 20.0
    least_trabecular: Density = -40.0
    cartilage: DensityRange = (60.0, 140.0)
    stomach_content: Share = 0.7
    mediastinum: PositiveRange = (10.0, 36.0)
    strait: PositiveRange = (1.5, 14.0)
    strait_depth: PositiveRange = (5.0, 40.0)
    inlet: PositiveRange = (0.2, 1.1)
    gutter: NonNegativeRange = (0.0, 1.2)
    lung_wobble: PositiveRange = (0.5, 4.0)
    lung_edge: PositiveRange = (1.5, 6.0)
    windpipe: PositiveRange = (6.5, 11.0)
    calcification_thickness: PositiveRange = (0.8, 3.0)
    calcification_extent: PositiveRange = (0.1, 0.7)
    couch_chance: Share = 0.8
    couch_half_width: PositiveRange = (180.0, 265.0)
    couch_depth: PositiveRange = (15.0, 90.0)
    couch_radius: PositiveRange = (250.0, 8000.0)
    couch_skin: PositiveRange = (1.0, 4.0)
    couch_density: DensityRange = (-400.0, 200.0)
    couch_core: DensityRange = (-980.0, -850.0)
