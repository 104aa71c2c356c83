"""The look of the pictures."""

from dataclasses import dataclass, field

from dataset_conversion.spine.labels import FRACTURE, IGNORE, NORMAL

CLASS_NAMES = {NORMAL: "normal", FRACTURE: "fracture", IGNORE: "not graded"}


@dataclass(frozen=True)
class SliceStyle:
    """What part of a curved slice is shown, in mm around the centroids.

    Attributes:
        step: Distance between samples.
        anterior: In front of the foremost centroid.
        posterior: Behind the rearmost centroid, enough for the spinous processes.
        lateral: To either side of the outermost centroids.
        longitudinal: Above and below the outermost centroids.
    """

    step: float = 0.5
    anterior: float = 45.0
    posterior: float = 60.0
    lateral: float = 50.0
    longitudinal: float = 35.0


@dataclass(frozen=True)
class PictureStyle:
    """Look of the pictures of a case.

    Attributes:
        slices: What part is shown.
        window: Lowest and highest Hounsfield unit shown, a bone window.
        colours: Of the classes; of Okabe and Ito's palette, told apart by colour-blind readers.
        millimetres_per_inch: Scale of the page.
        dots_per_inch: Resolution.
        scale_bar: Length in mm.
        font_size: Of the levels, in points.
    """

    slices: SliceStyle = field(default_factory=SliceStyle)
    window: tuple[float, float] = (-200.0, 1000.0)
    colours: tuple[tuple[int, str], ...] = ((NORMAL, "#56B4E9"), (FRACTURE, "#D55E00"), (IGNORE, "#B8B8B8"))
    millimetres_per_inch: float = 45.0
    dots_per_inch: int = 120
    scale_bar: float = 50.0
    font_size: float = 8.0


@dataclass(frozen=True)
class SheetStyle:
    """Look of the contact sheet.

    Attributes:
        columns: Pictures side by side.
        rows: Pictures below one another; what does not fit goes to a further page.
        width: Of a picture and its gap in pixels.
        height: Of a picture in pixels, at most.
        caption: Height of the line under a picture in pixels.
        gap: Between pictures in pixels.
    """

    columns: int = 8
    rows: int = 5
    width: int = 330
    height: int = 420
    caption: int = 22
    gap: int = 10


@dataclass(frozen=True)
class ChartStyle:
    """Look of the bar chart.

    Attributes:
        size: Width and height in inches.
        dots_per_inch: Resolution.
        colours: Of mild, moderate and severe; they darken, so that they are told apart in grey too.
    """

    size: tuple[float, float] = (7.5, 4.0)
    dots_per_inch: int = 200
    colours: tuple[str, str, str] = ("#FDBE85", "#E6650D", "#7F2704")
