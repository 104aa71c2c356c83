"""Figure of the free-response ROC curve."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from evaluation.detection.froc import BAND_RATES, FALSE_POSITIVE_RATES, Froc
from evaluation.report.figure_style import STYLE, legend_beside, new_figure, tidy
from evaluation.report.published import FREE_RESPONSE_POINT, WARNING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_froc(curve: Froc, title: str = "Findings without given centroids", detections: str = "findings") -> Figure:
    """Draw sensitivity against false positives per scan, on a logarithmic axis from 1/8 to 8.

    Args:
        curve: The curve.
        title: Title of the figure.
        detections: What the detections are called in the legend.
    """
    figure = new_figure(STYLE.size)
    axes = figure.add_subplot()
    if curve.band is not None:
        label = "95% interval over patients"
        low, high = curve.band
        axes.fill_between(BAND_RATES, low, high, color=STYLE.curve, alpha=0.15, linewidth=0, step="post", label=label)
    # The curve is constant beyond the last point: lower thresholds give no further findings.
    false_positives = [
        *curve.false_positives_per_scan,
        max(FALSE_POSITIVE_RATES[-1], curve.false_positives_per_scan[-1]),
    ]
    sensitivity = [*curve.sensitivity, curve.sensitivity[-1]]
    label = f"{curve.findings} {detections} in {curve.scans} scans,\n{curve.fractures} fractured vertebrae"
    axes.plot(false_positives, sensitivity, color=STYLE.curve, linewidth=2, drawstyle="steps-post", label=label)
    label = f"mean of the seven rates: {curve.mean:.3f}"
    axes.plot(FALSE_POSITIVE_RATES, curve.at_rates, "o", color=STYLE.curve, markersize=5, label=label)
    point = FREE_RESPONSE_POINT
    label = f"\n{point.work}, for orientation\n({WARNING})"
    axes.plot([point.false_positives_per_scan], [point.sensitivity], "x", color="black", label=label)
    axes.set_xscale("log", base=2)
    axes.set_xticks(FALSE_POSITIVE_RATES, [str(Fraction(rate)) for rate in FALSE_POSITIVE_RATES])
    axes.set(title=title, xlabel="false positives per scan", ylabel="sensitivity")
    axes.set(xlim=(FALSE_POSITIVE_RATES[0] / 1.06, FALSE_POSITIVE_RATES[-1] * 1.06), ylim=(-0.02, 1.02))
    tidy(axes)
    legend_beside(figure, axes)
    return figure
