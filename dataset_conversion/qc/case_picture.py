"""The picture of one case: both curved slices with the ellipsoids and levels."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dataset_conversion.images.volume import Volume
from dataset_conversion.qc.curved_slices import CurvedSlice, coronal_slice, crop_to_ct, sagittal_slice
from dataset_conversion.qc.style import CLASS_TITLES, PictureStyle
from dataset_conversion.spine.labels import LabelClasses
from dataset_conversion.spine.vertebra_table import Vertebra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.55
"""Inches at the left and right for the names of the levels."""
GAP = 0.12
HEADER = 0.6
FOOTER = 0.36


def case_figure(
    ct: Volume,
    labels: Volume,
    vertebrae: Sequence[Vertebra],
    classes: LabelClasses,
    style: PictureStyle,
) -> Figure:
    """A case with its two slices side by side. A millimetre has the same length in all directions.

    Args:
        ct: The case's CT.
        labels: Its labels, on the same grid.
        vertebrae: Its vertebrae, down the spine.
        classes: The classes of the labels.
        style: Style of the picture.
    """
    from matplotlib.figure import Figure

    views = crop_to_ct([make(ct, labels, vertebrae, style.slices) for make in (sagittal_slice, coronal_slice)])
    sizes = [np.array(view.hounsfield.shape[::-1]) * style.slices.step / style.millimetres_per_inch for view in views]
    height = float(sizes[0][1]) + HEADER + FOOTER
    width = float(sizes[0][0] + sizes[1][0]) + 2 * MARGIN + GAP
    figure = Figure(figsize=(width, height), dpi=style.dots_per_inch, facecolor="black")
    colours = {classes.values[name]: colour for name, colour in style.colours if name in classes.values}
    left = MARGIN
    for view, size, ends, side in zip(views, sizes, ("AP", "RL"), ("left", "right"), strict=True):
        box = (left / width, FOOTER / height, size[0] / width, size[1] / height)
        axes = figure.add_axes(box)
        _draw_slice(axes, view, ends, colours, style)
        of_vertebrae = [colours[classes.label_of(vertebra.grade)] for vertebra in vertebrae]
        _name_levels(axes, view, vertebrae, of_vertebrae, side, style)
        left += float(size[0]) + GAP
    figure.text(MARGIN / width, 1 - 0.1 / height, vertebrae[0].case_id, color="white", weight="bold", va="top")
    summary = textwrap.fill(summarise(vertebrae), max(20, int(width * 15)), max_lines=2)
    figure.text(MARGIN / width, 1 - 0.3 / height, summary, color="white", size=style.font_size, va="top")
    legend = figure.add_axes((MARGIN / width, 0, 1 - 2 * MARGIN / width, FOOTER / height))
    _draw_legend(legend, (width - 2 * MARGIN) * style.millimetres_per_inch, classes, style)
    return figure


def summarise(vertebrae: Sequence[Vertebra]) -> str:
    """One line about a case: its grades above 0, and the vertebrae that are not graded."""
    graded = [f"{vertebra.vertebra} grade {vertebra.grade}" for vertebra in vertebrae if vertebra.grade]
    ungraded = [vertebra.vertebra for vertebra in vertebrae if vertebra.grade is None]
    parts = [*graded, *([f"{', '.join(ungraded)} not graded"] if ungraded else [])]
    if len(ungraded) == len(vertebrae):
        return "nothing is graded"
    return ", ".join(parts) if graded else ", ".join(["every grade is 0", *parts])


def _draw_slice(axes: Axes, view: CurvedSlice, ends: str, colours: Mapping[int, str], style: PictureStyle) -> None:
    low, high = style.window
    hounsfield = np.nan_to_num(view.hounsfield, nan=low)
    axes.imshow(hounsfield, cmap="gray", vmin=low, vmax=high, extent=view.extent, aspect="equal")
    for label, colour in colours.items():
        if label in view.classes:
            options: dict[str, Any] = {"extent": view.extent, "origin": "upper", "colors": [colour]}
            axes.contourf(view.classes[label], levels=[0.5, 2.0], alpha=0.22, **options)
            axes.contour(view.classes[label], levels=[0.5], linewidths=1.2, **options)
    axes.plot(*view.marks.T, linestyle="none", marker="+", color="white", markersize=5, markeredgewidth=0.8)
    for place, letter, side in zip((0.02, 0.98), ends, ("left", "right"), strict=True):
        axes.text(place, 0.99, letter, color="white", size=style.font_size, ha=side, va="top", transform=axes.transAxes)
    axes.set_xlim(view.extent[0], view.extent[1])
    axes.set_ylim(view.extent[2], view.extent[3])
    axes.set_axis_off()


def _name_levels(
    axes: Axes,
    view: CurvedSlice,
    vertebrae: Sequence[Vertebra],
    colours: Sequence[str],
    side: str,
    style: PictureStyle,
) -> None:
    edge, align = (view.extent[0] - 2.0, "right") if side == "left" else (view.extent[1] + 2.0, "left")
    for vertebra, colour, (_, z) in zip(vertebrae, colours, view.marks, strict=True):
        grade = f"  {vertebra.grade}" if vertebra.grade else ""
        axes.text(
            edge,
            z,
            f"{vertebra.vertebra}{grade}",
            color=colour,
            size=style.font_size,
            weight="bold" if vertebra.grade else "normal",
            ha=align,
            va="center",
        )


def _draw_legend(axes: Axes, width: float, classes: LabelClasses, style: PictureStyle) -> None:
    """The classes' colours at the left, a scale bar at the right."""
    axes.set(xlim=(0, width), ylim=(0, 1))
    axes.set_axis_off()
    drawn = [(CLASS_TITLES.get(name, name), colour) for name, colour in style.colours if name in classes.values]
    for number, (title, colour) in enumerate(drawn):
        axes.text(30.0 * number, 0.5, f"■ {title}", color=colour, size=style.font_size, va="center")
    bar = (width - style.scale_bar, width)
    axes.plot(bar, (0.3, 0.3), color="white", linewidth=1.5, solid_capstyle="butt")
    axes.text(bar[1], 0.4, f"{style.scale_bar:g} mm", color="white", size=style.font_size, ha="right", va="bottom")
