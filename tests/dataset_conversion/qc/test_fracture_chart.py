from collections.abc import Callable

import numpy as np

from dataset_conversion.qc.fracture_chart import fracture_figure
from dataset_conversion.qc.style import FractureChartStyle
from dataset_conversion.spine.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]


def test_bars_stack_grades_by_level_from_the_head_down(case: MakeCase) -> None:
    cohort = [*case("a", T12=1, L1=2), *case("b", T12=3, L1=2), *case("c", T12=1, L1=0, L2=None)]
    (axes,) = fracture_figure(cohort[::-1], FractureChartStyle()).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["T12", "L1", "L2"]
    heights = np.array([[bar.get_height() for bar in grade] for grade in axes.containers])
    np.testing.assert_array_equal(heights, [[2, 0, 0], [0, 2, 0], [1, 0, 0]])
    floors = np.array([[bar.get_y() for bar in grade] for grade in axes.containers])
    np.testing.assert_array_equal(floors, np.cumsum(heights, axis=0) - heights)
    assert axes.get_title() == "5 fractured of 8 graded vertebrae, 3 patients"
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "mild (grade 1): 2",
        "moderate (grade 2): 2",
        "severe (grade 3): 1",
    ]


def test_a_cohort_without_fractures_has_empty_bars(case: MakeCase) -> None:
    (axes,) = fracture_figure(case("a", L1=0), FractureChartStyle()).axes
    assert axes.get_title() == "0 fractured of 3 graded vertebrae, 1 patients"
    assert axes.get_ylim()[0] == 0
