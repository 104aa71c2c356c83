"""The report: one HTML file that needs no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataset_conversion.spine.levels import level_index
from evaluation.analysis.secondary import SecondaryAnalyses
from evaluation.report.ct_views import CtViews
from evaluation.report.niivue import COLOUR_STOPS, NIIVUE_VERSION, compressed_niivue, volume_style
from evaluation.report.overlay import STYLE, colour_stops
from evaluation.report.patient_pictures import Outcomes
from evaluation.report.published import PATIENT_AUC, VERTEBRA_AUC
from evaluation.report.viewer import ViewerCase
from evaluation.statistics.auc_interval import LEAST_PATIENTS

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "report.html.jinja"
MISSING = "n/a"

LEAST_P = 0.001
"""Smaller p values are shown as "< 0.001"."""


def render_report(
    summary: dict[str, Any],
    annotations: str,
    figures: Mapping[str, Path],
    secondary: SecondaryAnalyses,
    ct_views: CtViews,
) -> str:
    """Fill the template.

    Args:
        summary: The content of `summary.json`.
        annotations: File name of the vertebra table.
        figures: Files to include, from `figure_files.write_figures`.
        secondary: The misclassified vertebrae to list.
        ct_views: Pictures and volumes.
    """
    template = _environment().get_template(TEMPLATE)
    viewer = ct_views.viewer
    return template.render(
        summary=summary,
        annotations=annotations,
        least_patients=LEAST_PATIENTS,
        published_patient_auc=PATIENT_AUC,
        published_vertebra_auc=VERTEBRA_AUC,
        figures={name: _inline(path) for name, path in figures.items()},
        pictures=[(picture.caption, _inline(figures[picture.name])) for picture in ct_views.pictures],
        misclassifications=_misclassifications(secondary, ct_views),
        colours=colour_stops(COLOUR_STOPS),
        lowest_probability=STYLE.lowest_probability,
        viewer=_viewer(viewer, ct_views.outcomes) if viewer else None,
        viewer_ids={chosen.case.source.case_id for chosen in viewer},
        viewer_megabytes=sum(chosen.size for chosen in viewer),
        niivue=_base64(compressed_niivue()) if viewer else "",
        niivue_version=NIIVUE_VERSION,
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _number,
        "percent": _percent,
        "rate": _rate,
        "p_value": _p_value,
        "interval": _interval,
        "percent_interval": _percent_interval,
        "percent_limits": _percent_limits,
        "signed": _signed,
    }
    return environment


def _misclassifications(secondary: SecondaryAnalyses, ct_views: CtViews) -> list[dict[str, Any]]:
    return [
        {
            **asdict(misclassified),
            "order": f"{level_index(misclassified.vertebra):02d}",
            "crop": _data_uri(crop, "image/png") if crop else None,
        }
        for misclassified in secondary.misclassifications
        for crop in [ct_views.crops.get((misclassified.case_id, misclassified.vertebra))]
    ]


def _viewer(chosen: Sequence[ViewerCase], outcomes: Outcomes) -> dict[str, Any]:
    """Data for the viewer's script. Centroids are in RAS mm, like NIfTI volumes."""
    return {
        **volume_style(),
        "cases": [
            {
                "case_id": one.case.source.case_id,
                "ct": _base64(one.ct),
                "probability": _base64(one.probability),
                "vertebrae": [
                    {
                        "level": vertebra.vertebra,
                        "grade": vertebra.grade,
                        "outcome": outcomes.get((vertebra.case_id, vertebra.vertebra), ""),
                        "centroid": [-vertebra.x, -vertebra.y, vertebra.z],
                    }
                    for vertebra in one.case.vertebrae
                ],
            }
            for one in chosen
        ],
    }


def _inline(path: Path) -> str:
    return _data_uri(path.read_bytes(), "image/svg+xml" if path.suffix == ".svg" else "image/png")


def _data_uri(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{_base64(content)}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _number(value: float | None, digits: int = 3) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return MISSING if value is None else f"{100 * value:.1f}%"


def _p_value(p: float | None) -> str:
    return f"< {LEAST_P}" if p is not None and p < LEAST_P else _number(p)


def _signed(value: float | None) -> str:
    """A difference, with its sign."""
    return MISSING if value is None else f"{value:+.3f}"


def _interval(limits: Sequence[float] | None, digits: int = 3) -> str:
    return MISSING if limits is None else f"{limits[0]:.{digits}f} to {limits[1]:.{digits}f}"


def _percent_interval(limits: Sequence[float] | None) -> str:
    return MISSING if limits is None else f"{100 * limits[0]:.0f} to {100 * limits[1]:.0f}%"


def _percent_limits(limits: Sequence[float] | None) -> str:
    """As `_percent_interval`, to a tenth of a percent."""
    return MISSING if limits is None else f"{100 * limits[0]:.1f} to {100 * limits[1]:.1f}%"


def _rate(rate: dict[str, Any] | None) -> str:
    """A rate, its count and its 95% interval on three lines."""
    if rate is None:
        return MISSING
    if rate["estimate"] is None:
        return f"{MISSING}\n{rate['count']} of {rate['total']}"
    limits = f"{100 * rate['low']:.0f} to {100 * rate['high']:.0f}%"
    return f"{_percent(rate['estimate'])}\n{rate['count']} of {rate['total']}\n{limits}"
