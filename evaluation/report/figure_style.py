"""Style, axes and files common to all figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.files import atomic_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
"""File types of each figure."""


@dataclass(frozen=True)
class ChartStyle:
    """Look of the figures.

    Attributes:
        size: Width and height in inches of a figure with one square panel and its legend beside it.
        panel: Width and height in inches of a figure without a legend beside it.
        dots_per_inch: Resolution of the PNG file.
        curve: Colour of the main curve. It, `mark` and `third` are Okabe and Ito's blue, vermilion and bluish green,
            which colour-blind readers can tell apart.
        mark: Colour of the operating point and of fractures.
        third: Colour of true positives in pictures.
        faint: Colour of the single curves of a family and of the diagonal.
        grid: Colour of the grid.
    """

    size: tuple[float, float] = (8.6, 4.9)
    panel: tuple[float, float] = (6.4, 4.2)
    dots_per_inch: int = 160
    curve: str = "#0072B2"
    mark: str = "#D55E00"
    third: str = "#009E73"
    faint: str = "#9AA5AE"
    grid: str = "#E6E9EC"


STYLE = ChartStyle()


def new_figure(size: tuple[float, float]) -> Figure:
    """An empty figure with automatic layout, without a window or global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained")


def tidy(axes: Axes) -> None:
    """Draw a faint grid behind the data and remove the right and top frame."""
    axes.grid(color=STYLE.grid, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def square_axes(axes: Axes, title: str, xlabel: str, ylabel: str) -> None:
    """Set both axes to 0 to 1 and draw the diagonal."""
    axes.plot([0, 1], [0, 1], color=STYLE.faint, linewidth=0.8, linestyle=":")
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, aspect="equal", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    tidy(axes)


def legend_beside(figure: Figure, axes: Axes, title: str = "") -> None:
    """Draw the legend to the right of the axes, where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside right upper", fontsize=8.5, frameon=False, title=title, title_fontsize=8.5
    )


def save_figure(figure: Figure | None, folder: Path, name: str) -> None:
    """Write a figure in all formats. Without one, remove the files of an earlier evaluation."""
    from matplotlib import rc_context

    for suffix in FORMATS:
        path = folder / f"{name}.{suffix}"
        if figure is None:
            path.unlink(missing_ok=True)
            continue
        # No date and no random identifiers, so that equal results give equal files.
        with atomic_file(path) as temporary, rc_context({"svg.hashsalt": name}):
            metadata = {"Date": None} if suffix == "svg" else None
            figure.savefig(temporary, dpi=STYLE.dots_per_inch, metadata=metadata, bbox_inches="tight")
