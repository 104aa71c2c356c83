"""The ROC figures, after Figures 4 and 5 of Nicolaes et al. 2019."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.analysis import PatientAnalysis, VertebraAnalysis
from evaluation.bootstrap import RATE_GRID, Bootstrap
from evaluation.files import atomic_path
from evaluation.settings import EvaluationSettings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")


@dataclass(frozen=True)
class FigureStyle:
    """Look of the figures.

    Attributes:
        size: Width and height in inches.
        dots_per_inch: Of the PNG file.
        curve: Colour of the main curve; blue and orange are Okabe and Ito's, told apart by colour-blind readers.
        mark: Colour of the operating point.
        faint: Colour of the family's members and of chance.
    """

    size: tuple[float, float] = (5.6, 5.2)
    dots_per_inch: int = 200
    curve: str = "#0072B2"
    mark: str = "#D55E00"
    faint: str = "#9AA5AE"


@dataclass(frozen=True)
class Published:
    """What Nicolaes et al. 2019 report for their own 90 patients, for orientation only."""

    patient_auc: str = "0.95 ± 0.02"
    vertebra_auc: str = "0.93 ± 0.01"
    patient_sensitivity: float = 0.905
    patient_specificity: float = 0.938


PUBLISHED = Published()


def draw_patient_roc(
    analysis: PatientAnalysis, settings: EvaluationSettings, style: FigureStyle = FigureStyle()
) -> Figure:
    """The family's ROC curves, their hull with its bootstrap band, and the operating point after Youden."""
    figure, axes = _axes("Patient level", style)
    for curve in analysis.curves:
        axes.plot(curve.false_positive_rate, curve.sensitivity, color=style.faint, linewidth=0.7)
    family = f"one noise threshold each, {settings.noise_thresholds[0]} to {settings.noise_thresholds[-1]} voxels"
    axes.plot([], [], color=style.faint, linewidth=0.7, label=family)
    _band(axes, analysis.bootstrap, style)
    hull = analysis.hull
    axes.plot(
        hull.false_positive_rate,
        hull.sensitivity,
        color=style.curve,
        linewidth=2,
        marker="o",
        markersize=3.5,
        label=f"convex hull, AUC {hull.auc:.3f}",
    )
    point = analysis.operating_points["youden"]
    if point.specificity.estimate is not None and point.sensitivity.estimate is not None:
        axes.plot(
            1 - point.specificity.estimate,
            point.sensitivity.estimate,
            marker="D",
            linestyle="none",
            color=style.mark,
            label="operating point (Youden)",
        )
    axes.plot(
        1 - PUBLISHED.patient_specificity,
        PUBLISHED.patient_sensitivity,
        marker="x",
        linestyle="none",
        color="black",
        label=f"Nicolaes et al. 2019, other patients: AUC {PUBLISHED.patient_auc}",
    )
    _legend(axes)
    return figure


def draw_vertebra_roc(analysis: VertebraAnalysis, style: FigureStyle = FigureStyle()) -> Figure:
    """The ROC curve averaged over the draws of the localisation error, with its bootstrap band."""
    figure, axes = _axes("Vertebra level", style)
    _band(axes, analysis.bootstrap, style)
    label = f"mean over draws of the centroid, AUC {analysis.auc:.3f}"
    axes.plot(RATE_GRID, analysis.sensitivity, color=style.curve, linewidth=2, label=label)
    axes.plot([], [], " ", label=f"Nicolaes et al. 2019, other patients: AUC {PUBLISHED.vertebra_auc}")
    _legend(axes)
    return figure


def save_figure(figure: Figure | None, folder: Path, name: str, style: FigureStyle = FigureStyle()) -> None:
    """Write a figure in every format; without one, remove what an earlier evaluation left under its name."""
    from matplotlib import rc_context

    for suffix in FORMATS:
        path = folder / f"{name}.{suffix}"
        if figure is None:
            path.unlink(missing_ok=True)
            continue
        # Neither date nor random identifiers, so that equal results give equal files.
        with atomic_path(path) as temporary, rc_context({"svg.hashsalt": name}):
            metadata = {"Date": None} if suffix == "svg" else None
            figure.savefig(temporary, dpi=style.dots_per_inch, metadata=metadata)


def _axes(title: str, style: FigureStyle) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=style.size, layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=style.faint, linewidth=0.8, linestyle=":")
    axes.set(title=title, xlabel="1 - specificity", ylabel="sensitivity", aspect="equal")
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.grid(color="#E6E9EC", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _band(axes: Axes, bootstrap: Bootstrap, style: FigureStyle) -> None:
    low, high = bootstrap.ci95
    label = f"bootstrap over patients, AUC 95% interval {low:.3f} to {high:.3f}"
    axes.fill_between(RATE_GRID, *bootstrap.band, color=style.curve, alpha=0.15, linewidth=0, label=label)


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower right", fontsize=7.5, frameon=True, framealpha=0.9, edgecolor="none")
