"""Fractures by grade and level, after Figure 1 of Nicolaes et al. 2019."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dataset_conversion.qc.style import FractureChartStyle
from dataset_conversion.spine.levels import LEVELS
from dataset_conversion.spine.vertebra_table import Vertebra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRADE_NAMES = {1: "mild (grade 1)", 2: "moderate (grade 2)", 3: "severe (grade 3)"}


def fracture_figure(vertebrae: Sequence[Vertebra], style: FractureChartStyle) -> Figure:
    """A stacked bar for each level from the head down: the fractured vertebrae of each grade.

    Args:
        vertebrae: The whole cohort. Levels that do not occur in it are left out.
        style: Style of the chart.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    counts = Counter((vertebra.vertebra, vertebra.grade) for vertebra in vertebrae)
    present = {vertebra.vertebra for vertebra in vertebrae}
    levels = [level for level in LEVELS if level in present]
    figure = Figure(figsize=style.size, dpi=style.dots_per_inch, layout="constrained")
    axes = figure.add_subplot()
    floor = [0] * len(levels)
    for (grade, name), colour in zip(GRADE_NAMES.items(), style.colours, strict=True):
        heights = [counts[level, grade] for level in levels]
        axes.bar(levels, heights, bottom=floor, color=colour, label=f"{name}: {sum(heights)}")
        floor = [below + height for below, height in zip(floor, heights, strict=True)]
    graded = sum(vertebra.grade is not None for vertebra in vertebrae)
    patients = len({vertebra.patient_id for vertebra in vertebrae})
    axes.set_title(f"{sum(floor)} fractured of {graded} graded vertebrae, {patients} patients")
    axes.set(xlabel="level, from the head down", ylabel="fractured vertebrae", ylim=(0, max([*floor, 1]) * 1.08))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color="#E6E9EC", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure
