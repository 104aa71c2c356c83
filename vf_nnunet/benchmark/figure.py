"""The figure of a benchmark: AUCs of each arm and paired differences, with 95% intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.report.figure_style import save_figure
from vf_nnunet.benchmark.accuracy import Record
from vf_nnunet.benchmark.arms import OWN
from vf_nnunet.benchmark.table import NAME

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Panel:
    """One axes of the figure.

    Attributes:
        title: Title above the axes.
        section: Section of the records.
        measure: Name of the value; its interval is `<measure>_ci95`.
        reference: Position of the reference line: chance, or no difference.
    """

    title: str
    section: str
    measure: str
    reference: float


PANELS = (
    Panel("patient AUC (hull)", "patients", "auc_hull", 0.5),
    Panel(f"{OWN} minus this", "patients", f"{OWN}_minus_this_hull", 0.0),
    Panel("vertebra AUC", "vertebrae", "auc", 0.5),
    Panel(f"{OWN} minus this", "vertebrae", f"{OWN}_minus_this_vertebra", 0.0),
)


@dataclass(frozen=True)
class FigureStyle:
    """Look of the figure.

    Attributes:
        size: Width and height in inches.
        point: Colour of values and intervals; Okabe and Ito's blue.
        reference: Colour of the reference lines.
    """

    size: tuple[float, float] = (9.0, 4.6)
    point: str = "#0072B2"
    reference: str = "#9AA5AE"


def draw_benchmark(records: Mapping[str, Record], style: FigureStyle = FigureStyle()) -> "Figure":
    """Draw two rows, patients and vertebrae, with AUCs on the left and paired differences on the right."""
    from matplotlib.figure import Figure

    # Other computations of the same network have a speed only.
    scored = {name: record for name, record in records.items() if "patients" in record}
    figure = Figure(figsize=style.size, layout="constrained")
    for axes, panel in zip(figure.subplots(2, 2, sharey=True).flat, PANELS, strict=True):
        _draw(axes, panel, scored, style)
    return figure


def save_benchmark_figure(records: Mapping[str, Record], folder: Path) -> None:
    """Write `benchmark.png` and `benchmark.svg`."""
    save_figure(draw_benchmark(records), folder, NAME)


def _draw(axes: "Axes", panel: Panel, records: Mapping[str, Record], style: FigureStyle) -> None:
    axes.axvline(panel.reference, color=style.reference, linewidth=0.8, linestyle=":")
    for row, record in enumerate(records.values()):
        values = record.get(panel.section, {})
        value, interval = values.get(panel.measure), values.get(f"{panel.measure}_ci95")
        if value is None:
            continue
        axes.plot(value, row, marker="o", color=style.point)
        axes.annotate(f"{value:.3f}", (value, row), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8)
        if interval is not None:
            axes.plot(interval, [row, row], color=style.point, linewidth=1.6)
    axes.set_yticks(range(len(records)), list(records))
    axes.set_ylim(len(records) - 0.5, -0.6)
    axes.set_title(panel.title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
