"""Figures of the vertebrae that are located in the maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evaluation.analysis.curves import VertebraAnalysis
from evaluation.analysis.own_centres import OwnCentres
from evaluation.detection.froc import Froc
from evaluation.report.figure_style import STYLE, legend_beside, new_figure, tidy
from evaluation.report.froc_figure import draw_froc
from evaluation.report.roc_figures import draw_band, roc_axes
from evaluation.settings import ScoringSettings
from evaluation.statistics.bootstrap import RATE_GRID
from evaluation.statistics.roc import roc_curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_own_roc(own: OwnCentres, noised: VertebraAnalysis) -> Figure:
    """Draw the vertebra-level ROC curves at the located centres, at the annotated ones, and at those with an error."""
    figure, axes = roc_axes("Vertebra level, by the source of the centres")
    draw_band(axes, own.bootstrap)
    curve = roc_curve(own.vertebrae.fracture, own.vertebrae.scores[:, 0])
    annotated = roc_curve(own.annotated.fracture, own.annotated.scores[:, 0])
    label = f"located in the maps, AUC {curve.auc:.3f}"
    axes.plot(curve.false_positive_rate, curve.sensitivity, color=STYLE.curve, linewidth=2, label=label)
    label = f"annotated, AUC {annotated.auc:.3f}"
    axes.plot(annotated.false_positive_rate, annotated.sensitivity, color=STYLE.mark, linewidth=1.2, label=label)
    label = f"annotated, with a localisation error,\nAUC {noised.auc:.3f}"
    axes.plot(RATE_GRID, noised.sensitivity, color=STYLE.third, linewidth=1.2, linestyle="--", label=label)
    legend_beside(figure, axes, "Centres")
    return figure


def draw_localisation(own: OwnCentres, settings: ScoringSettings) -> Figure:
    """Draw the share of the annotated vertebrae that are found within each distance up to `identification_radius`."""
    figure = new_figure(STYLE.size)
    axes = figure.add_subplot()
    detected = np.concatenate([match.detected for match in own.matches])
    matched = np.concatenate([match.distance for match in own.matches])
    found = np.sort(matched[detected])
    share = np.arange(1, len(found) + 1) / len(detected)
    radius, near = settings.identification_radius, settings.near_radius
    steps = [0.0, *found, radius], [0.0, *share, len(found) / len(detected)]
    label = f"{len(found)} of {len(detected)} vertebrae found"
    axes.plot(*steps, color=STYLE.curve, linewidth=2, drawstyle="steps-post", label=label)
    if len(found):
        label = f"mean distance {found.mean():.1f} mm"
        axes.axvline(found.mean(), color=STYLE.mark, linewidth=1, linestyle="--", label=label)
    label = f"{np.mean(detected & (matched <= near)):.1%} within {near:g} mm"
    axes.axvline(near, color=STYLE.faint, linewidth=1, linestyle=":", label=label)
    axes.set(title="Distance of located from annotated centres", xlabel="distance in mm", ylabel="share of vertebrae")
    axes.set(xlim=(0, radius), ylim=(-0.02, 1.02))
    tidy(axes)
    legend_beside(figure, axes)
    return figure


def draw_own_froc(curve: Froc) -> Figure:
    """Draw the free-response curve of the located vertebrae."""
    return draw_froc(curve, "Vertebrae located in the maps", "located vertebrae")
