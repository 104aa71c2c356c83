"""Figures of the scores: distribution by grade, and calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evaluation.report.figure_style import STYLE, new_figure, square_axes, tidy
from evaluation.statistics.calibration import Calibration
from evaluation.statistics.scores import VertebraScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPREAD = 0.28
"""Half the width over which the dots of a grade are spread, in units of the distance between grades."""


def draw_scores_by_grade(vertebrae: VertebraScores, threshold: float | None) -> Figure:
    """Draw the mean score of each vertebra as a dot, with median and quartiles per grade and the threshold."""
    figure = new_figure(STYLE.panel)
    axes = figure.add_subplot()
    scores = vertebrae.scores.mean(axis=1)
    grades = np.unique(vertebrae.grade)
    generator = np.random.default_rng(0)
    for position, grade in enumerate(grades):
        of_grade = vertebrae.grade == grade
        colour = STYLE.mark if vertebrae.fracture[of_grade].all() else STYLE.curve
        spread = position + generator.uniform(-SPREAD, SPREAD, of_grade.sum())
        axes.plot(spread, scores[of_grade], ".", color=colour, alpha=0.45, markersize=5, markeredgewidth=0)
        low, median, high = np.percentile(scores[of_grade], (25, 50, 75))
        axes.fill_between([position - SPREAD, position + SPREAD], low, high, color=colour, alpha=0.18, linewidth=0)
        axes.hlines(median, position - SPREAD, position + SPREAD, color=colour, linewidth=2)
    if threshold is not None and np.isfinite(threshold):
        axes.axhline(threshold, color="black", linewidth=0.8, linestyle="--")
        place = (len(grades) - 0.52, threshold)
        axes.annotate(f"operating point {threshold:.3f}", place, fontsize=7.5, ha="right", va="bottom")
    labels = [f"{grade}\nn = {np.sum(vertebrae.grade == grade)}" for grade in grades]
    axes.set_xticks(range(len(grades)), labels)
    axes.set(title="Vertebra scores by grade", xlabel="Genant grade", ylabel="score", ylim=(-0.02, 1.02))
    axes.set_xlim(-0.5, len(grades) - 0.5)
    tidy(axes)
    return figure


def draw_calibration(calibrations: dict[str, Calibration]) -> Figure:
    """Draw a reliability diagram for patients and for vertebrae."""
    figure = new_figure(STYLE.size)
    for axes, (level, calibration) in zip(figure.subplots(1, len(calibrations)), calibrations.items(), strict=True):
        _reliability(axes, level, calibration)
    return figure


def _reliability(axes: Axes, level: str, calibration: Calibration) -> None:
    interval = calibration.brier_ci95
    limits = "no interval" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"
    title = f"{level.capitalize()} level\nBrier score {calibration.brier:.3f} ({limits})"
    square_axes(axes, title, "mean score of the group", "share fractured")
    if calibration.ci95 is not None:
        axes.vlines(calibration.mean_score, *calibration.ci95, color=STYLE.curve, linewidth=1.2)
    axes.plot(calibration.mean_score, calibration.fractured, color=STYLE.curve, marker="o", linewidth=1.2)
    sizes = sorted({int(calibration.n.min()), int(calibration.n.max())})
    axes.text(0.02, 0.97, f"{' to '.join(map(str, sizes))} cases per group", fontsize=7.5, va="top")
