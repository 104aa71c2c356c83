"""ROC figures after Figures 4 and 5 of Nicolaes et al. 2019, and the hull with its thresholds."""

from __future__ import annotations

from itertools import cycle
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np

from evaluation.analysis.curves import PatientAnalysis, VertebraAnalysis
from evaluation.report.figure_style import STYLE, legend_beside, new_figure, square_axes
from evaluation.report.published import PATIENT_POINTS, VERTEBRA_AUC, WARNING
from evaluation.settings import SharedSettings
from evaluation.statistics.bootstrap import RATE_GRID, Bootstrap
from evaluation.statistics.operating_points import MeasuredOperatingPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_patient_roc(analysis: PatientAnalysis, settings: SharedSettings) -> Figure:
    """Draw the family of ROC curves, their hull with its bootstrap band, the operating point and published points."""
    figure, axes = roc_axes("Patient level")
    _family(axes, analysis, settings)
    draw_band(axes, analysis.bootstrap)
    hull = analysis.hull
    corners = (hull.false_positive_rate, hull.sensitivity)
    label = f"convex hull, AUC {hull.auc:.3f}"
    axes.plot(*corners, color=STYLE.curve, linewidth=2, marker="o", markersize=3.5, label=label)
    _operating_point(axes, analysis.operating_points["youden"])
    _published(axes)
    legend_beside(figure, axes)
    return figure


def draw_vertebra_roc(analysis: VertebraAnalysis) -> Figure:
    """Draw the ROC curve averaged over the draws of the localisation error, with its bootstrap band."""
    figure, axes = roc_axes("Vertebra level")
    draw_band(axes, analysis.bootstrap)
    label = f"mean over draws of the localisation error,\nAUC {analysis.auc:.3f}"
    axes.plot(RATE_GRID, analysis.sensitivity, color=STYLE.curve, linewidth=2, label=label)
    _operating_point(axes, analysis.operating_points["youden"])
    axes.plot([], [], " ", label=f"\nNicolaes et al. 2019: AUC {VERTEBRA_AUC}\n({WARNING})")
    legend_beside(figure, axes)
    return figure


def draw_hull(analysis: PatientAnalysis, settings: SharedSettings) -> Figure:
    """Draw the hull with numbered corners and their thresholds."""
    figure, axes = roc_axes("Convex hull and the thresholds of its corners")
    _family(axes, analysis, settings)
    hull = analysis.hull
    axes.plot(hull.false_positive_rate, hull.sensitivity, color=STYLE.curve, linewidth=1.5)
    corners = zip(
        hull.false_positive_rate, hull.sensitivity, hull.probability_threshold, hull.noise_threshold, strict=True
    )
    reached = [corner for corner in corners if np.isfinite(corner[2])]
    for number, (false_positive_rate, sensitivity, p, n) in enumerate(reached, start=1):
        place = (false_positive_rate, sensitivity)
        axes.plot(*place, marker="o", markersize=11, color=STYLE.curve, clip_on=False)
        axes.annotate(str(number), place, color="white", fontsize=7, ha="center", va="center")
        rates = f"{sensitivity:.2f} / {1 - false_positive_rate:.2f}"
        axes.plot([], [], marker=f"${number}$", color="black", linestyle="none", label=f"p ≥ {p:.3f}, n ≥ {n}: {rates}")
    legend_beside(figure, axes, "probability p, component of n voxels:\nsensitivity / specificity")
    return figure


def roc_axes(title: str) -> tuple[Figure, Axes]:
    """An empty figure of an ROC curve."""
    figure = new_figure(STYLE.size)
    axes = figure.add_subplot()
    square_axes(axes, title, "1 - specificity", "sensitivity")
    return figure, axes


def _family(axes: Axes, analysis: PatientAnalysis, settings: SharedSettings) -> None:
    for curve in analysis.curves:
        axes.plot(curve.false_positive_rate, curve.sensitivity, color=STYLE.faint, linewidth=0.7)
    label = f"single noise thresholds, {settings.noise_thresholds[0]} to {settings.noise_thresholds[-1]} voxels"
    axes.plot([], [], color=STYLE.faint, linewidth=0.7, label=label)


def draw_band(axes: Axes, bootstrap: Bootstrap | None) -> None:
    """Draw the 95% interval of a curve; nothing without a bootstrap."""
    if bootstrap is None:
        return
    label = "95% band, bootstrap over patients"
    if bootstrap.ci95 is not None:
        low, high = bootstrap.ci95
        label += f"\n(AUC 95% interval {low:.3f} to {high:.3f})"
    axes.fill_between(RATE_GRID, *bootstrap.band, color=STYLE.curve, alpha=0.15, linewidth=0, label=label)


def _published(axes: Axes) -> None:
    axes.plot([], [], " ", label=f"\npublished, for orientation\n({WARNING}):")
    for letter, point, side in zip(ascii_lowercase, PATIENT_POINTS, cycle((5, -5)), strict=False):
        place = (1 - point.specificity, point.sensitivity)
        axes.plot(*place, marker=".", color="black")
        axes.annotate(letter, place, (0, side), textcoords="offset points", ha="center", va="center", fontsize=8)
        label = f"{point.work}: {point.sensitivity:.2f} / {point.specificity:.2f}"
        axes.plot([], [], marker=f"${letter}$", linestyle="none", color="black", label=label)


def _operating_point(axes: Axes, point: MeasuredOperatingPoint) -> None:
    if point.specificity.estimate is None or point.sensitivity.estimate is None:
        return
    place = ([1 - point.specificity.estimate], [point.sensitivity.estimate])
    axes.plot(*place, marker="D", linestyle="none", color=STYLE.mark, label="operating point (Youden)")
