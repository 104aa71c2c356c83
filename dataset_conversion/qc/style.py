"""The look of the pictures."""

from dataclasses import dataclass, field

from dataset_conversion.spine.labels import FRACTURE, IGNORE, NORMAL

CLASS_NAMES = {NORMAL: "normal", FRACTURE: "fracture", IGNORE: "not graded"}


@dataclass(frozen=True)
class SliceStyle:
    """What part of a curved slice is shown, in mm around the centroids.

    Attributes:
        step: distance between samples.
        anterior: in front of the foremost centroid.
        posterior: behind the rearmost centroid, enough for the spinous processes.
        lateral: to either side of the outermost centroids.
        longitudinal: above and below the outermost centroids.
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
        slices: what part is shown.
        window: lowest and highest Hounsfield unit shown, a bone window.
        colours: of the classes; of Okabe and Ito's palette, told apart by colour-blind readers.
        millimetres_per_inch: scale of the page.
        dots_per_inch: resolution.
        scale_bar: length in mm.
        font_size: of the levels, in points.
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
        columns: pictures side by side.
        rows: pictures below one another; what does not fit goes to a further page.
        width: of a picture and its gap in pixels.
        height: of a picture in pixels, at most.
        caption: height of the line under a picture in pixels.
        gap: between pictures in pixels.
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
        size: width and height in inches.
        dots_per_inch: resolution.
        colours: of mild, moderate and severe; they darken, so that they are told apart in grey too.
    """

    size: tuple[float, float] = (7.5, 4.0)
    dots_per_inch: int = 200
    colours: tuple[str, str, str] = ("#FDBE85", "#E6650D", "#7F2704")
