"""Styles of the pictures."""

from dataclasses import dataclass, field

from dataset_conversion.spine.labels import FRACTURE_NAME, GRADE_NAMES, IGNORE_NAME, NORMAL_NAME

CLASS_TITLES = {IGNORE_NAME: "not graded"}
"""Names in the legend of the classes whose name in `dataset.json` is another one."""


@dataclass(frozen=True)
class SliceStyle:
    """The part of a curved slice that is shown, in mm around the centroids.

    Attributes:
        step: Distance between samples.
        anterior: Margin in front of the foremost centroid.
        posterior: Margin behind the rearmost centroid, enough for the spinous processes.
        lateral: Margin to either side of the outermost centroids.
        longitudinal: Margin above and below the outermost centroids.
    """

    step: float = 0.5
    anterior: float = 45.0
    posterior: float = 60.0
    lateral: float = 50.0
    longitudinal: float = 35.0


@dataclass(frozen=True)
class PictureStyle:
    """Style of the picture of a case.

    Attributes:
        slices: The part that is shown.
        window: Lowest and highest Hounsfield unit shown, a bone window.
        colours: Colours of the classes by name, from Okabe and Ito's palette for colour-blind readers.
        millimetres_per_inch: Scale of the page.
        dots_per_inch: Resolution.
        scale_bar: Length of the scale bar in mm.
        font_size: Font size of the levels in points.
    """

    slices: SliceStyle = field(default_factory=SliceStyle)
    window: tuple[float, float] = (-200.0, 1000.0)
    colours: tuple[tuple[str, str], ...] = (
        (NORMAL_NAME, "#56B4E9"),
        *zip(GRADE_NAMES[1:], ("#F0E442", "#E69F00", "#D55E00"), strict=True),
        (FRACTURE_NAME, "#D55E00"),
        (IGNORE_NAME, "#B8B8B8"),
    )
    millimetres_per_inch: float = 45.0
    dots_per_inch: int = 120
    scale_bar: float = 50.0
    font_size: float = 8.0


@dataclass(frozen=True)
class SheetStyle:
    """Style of the contact sheet.

    Attributes:
        columns: Number of pictures side by side.
        rows: Number of rows on a page; further pictures go to further pages.
        width: Width of a picture and its gap in pixels.
        height: Largest height of a picture in pixels.
        caption: Height of a caption in pixels.
        gap: Gap between pictures in pixels.
    """

    columns: int = 8
    rows: int = 5
    width: int = 330
    height: int = 420
    caption: int = 22
    gap: int = 10


@dataclass(frozen=True)
class FractureChartStyle:
    """Style of the bar chart.

    Attributes:
        size: Width and height in inches.
        dots_per_inch: Resolution.
        colours: Colours of mild, moderate and severe, of increasing darkness, so that they also differ in grey.
    """

    size: tuple[float, float] = (7.5, 4.0)
    dots_per_inch: int = 200
    colours: tuple[str, str, str] = ("#FDBE85", "#E6650D", "#7F2704")
