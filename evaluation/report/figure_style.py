"""What all figures share: their look, their axes and their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.files import atomic_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")


@dataclass(frozen=True)
class FigureStyle:
    """Look of the figures.

    Attributes:
        size: Width and height in inches of a figure with one square panel and its legend beside it.
        panel: Width and height in inches of a figure without a legend beside it.
        dots_per_inch: Of the PNG file.
        curve: Colour of the main curve; it, `mark` and `third` are Okabe and Ito's blue, vermilion and bluish green,
            told apart by colour-blind readers.
        mark: Colour of the operating point and of fractures.
        third: Colour of what is right in pictures.
        faint: Colour of the family's members and of chance.
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


STYLE = FigureStyle()


def new_figure(size: tuple[float, float]) -> Figure:
    """An empty figure that lays itself out, without a window or a global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained")


def tidy(axes: Axes) -> None:
    """A faint grid behind the data, and no frame on the right and the top."""
    axes.grid(color=STYLE.grid, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def square_axes(axes: Axes, title: str, xlabel: str, ylabel: str) -> None:
    """Both axes from 0 to 1 with the diagonal."""
    axes.plot([0, 1], [0, 1], color=STYLE.faint, linewidth=0.8, linestyle=":")
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, aspect="equal", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    tidy(axes)


def legend_beside(figure: Figure, axes: Axes, title: str = "") -> None:
    """The legend to the right of the axes, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside right upper", fontsize=8.5, frameon=False, title=title, title_fontsize=8.5
    )


def save_figure(figure: Figure | None, folder: Path, name: str) -> None:
    """Write a figure in every format; without one, remove what an earlier evaluation left under its name."""
    from matplotlib import rc_context

    for suffix in FORMATS:
        path = folder / f"{name}.{suffix}"
        if figure is None:
            path.unlink(missing_ok=True)
            continue
        # Neither date nor random identifiers, so that equal results give equal files.
        with atomic_file(path) as temporary, rc_context({"svg.hashsalt": name}):
            metadata = {"Date": None} if suffix == "svg" else None
            figure.savefig(temporary, dpi=STYLE.dots_per_inch, metadata=metadata, bbox_inches="tight")
