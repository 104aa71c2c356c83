from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from dataset_conversion.images.volume import Volume
from dataset_conversion.labels.ellipsoids import EllipsoidSettings, draw_labels
from dataset_conversion.qc.case_picture import case_figure, summarise
from dataset_conversion.qc.style import PictureStyle
from dataset_conversion.spine.labels import FRACTURE_NAME, IGNORE_NAME, NORMAL_NAME, Classes, LabelClasses
from dataset_conversion.spine.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]
STYLE = PictureStyle()
STANDARD = LabelClasses.standard()


def pixels(volume: Volume, vertebrae: list[Vertebra], classes: LabelClasses = STANDARD) -> np.ndarray:
    """The picture as an array of colours, 0 to 1."""
    labels = replace(volume, array=draw_labels(volume, vertebrae, EllipsoidSettings(), classes))
    canvas = FigureCanvasAgg(case_figure(volume, labels, vertebrae, classes, STYLE))
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255  # type: ignore[no-untyped-call]


def shows(picture: np.ndarray, name: str) -> bool:
    """Whether contours, and not the legend alone, have the colour of a class."""
    colour = np.array(to_rgb(dict(STYLE.colours)[name]))
    return int(np.count_nonzero(np.abs(picture - colour).max(axis=2) < 0.02)) > 400


@pytest.mark.parametrize(
    ("kind", "grade", "name"),
    [
        ("fracture", 0, NORMAL_NAME),
        ("fracture", 2, FRACTURE_NAME),
        ("fracture", None, IGNORE_NAME),
        ("grades", 0, NORMAL_NAME),
        ("grades", 1, "mild"),
        ("grades", 2, "moderate"),
        ("grades", 3, "severe"),
        ("grades", None, IGNORE_NAME),
    ],
)
def test_ellipsoids_have_their_classes_colour(
    volume: Volume, case: MakeCase, kind: Classes, grade: int | None, name: str
) -> None:
    classes = LabelClasses.standard(kind)
    picture = pixels(volume, case("a", T12=grade, L1=grade, L2=grade), classes)
    assert [other for other, _ in STYLE.colours if other in classes.values and shows(picture, other)] == [name]


def test_a_mild_fracture_can_be_drawn_as_normal(volume: Volume, case: MakeCase) -> None:
    vertebrae = case("a", T12=1, L1=1, L2=1)
    assert shows(pixels(volume, vertebrae, LabelClasses.standard(fracture_grade=2)), NORMAL_NAME)
    assert shows(pixels(volume, vertebrae, STANDARD), FRACTURE_NAME)


def test_a_millimetre_is_as_long_in_both_directions(volume: Volume, case: MakeCase) -> None:
    labels = replace(volume, array=np.zeros_like(volume.array))
    figure = case_figure(volume, labels, case("a"), STANDARD, STYLE)
    for axes in figure.axes[:2]:
        box = axes.get_position()
        width, height = figure.get_size_inches()
        across = abs(np.subtract(*axes.get_xlim())) / (box.width * width)
        along = abs(np.subtract(*axes.get_ylim())) / (box.height * height)
        assert across == pytest.approx(along)
        assert along == pytest.approx(STYLE.millimetres_per_inch)


def test_levels_stand_beside_both_slices(volume: Volume, case: MakeCase) -> None:
    labels = replace(volume, array=np.zeros_like(volume.array))
    figure = case_figure(volume, labels, case("a", L1=2), STANDARD, STYLE)
    for axes in figure.axes[:2]:
        texts = {text.get_text().strip(): text.get_position()[1] for text in axes.texts}
        assert texts.items() >= {"T12": -205.0, "L1  2": -235.0, "L2": -265.0}.items()
        colours = {text.get_text().strip(): text.get_color() for text in axes.texts}
        assert colours["L1  2"] == dict(STYLE.colours)[FRACTURE_NAME]
        assert colours["T12"] == dict(STYLE.colours)[NORMAL_NAME]


@pytest.mark.parametrize(
    ("grades", "line"),
    [
        ({"T12": 0, "L1": 0, "L2": 0}, "every grade is 0"),
        ({"T12": 1, "L1": 0, "L2": 3}, "T12 grade 1, L2 grade 3"),
        ({"T12": 1, "L1": None, "L2": None}, "T12 grade 1, L1, L2 not graded"),
        ({"T12": 0, "L1": None, "L2": 0}, "every grade is 0, L1 not graded"),
        ({"T12": None, "L1": None, "L2": None}, "nothing is graded"),
    ],
)
def test_summary(case: MakeCase, grades: dict[str, int | None], line: str) -> None:
    assert summarise(case("a", **grades)) == line
