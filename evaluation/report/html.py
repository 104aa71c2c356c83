"""The report: one HTML file that opens without a network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataset_conversion.spine.levels import level_index
from evaluation.analysis.secondary import Details
from evaluation.report.ct_views import Illustrations
from evaluation.report.overlay import STYLE, colour_stops
from evaluation.report.patient_pictures import Outcomes
from evaluation.report.published import PATIENT_AUC, VERTEBRA_AUC
from evaluation.report.viewer import ViewerCase

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "report.html.jinja"
MISSING = "n/a"
NIIVUE_VERSION = "0.69.0"

LEAST_P = 0.001
"""A smaller p value is only said to be smaller."""

# Enough that the steps between the colours of a scale cannot be seen.
COLOUR_STOPS = 17


def render_report(
    summary: dict[str, Any],
    annotations: str,
    figures: Mapping[str, Path],
    details: Details,
    illustrations: Illustrations,
) -> str:
    """Fill the template.

    Args:
        summary: What is in `summary.json`.
        annotations: Name of the vertebra table.
        figures: Files to take into the report, as `figure_files.write_figures` returns them.
        details: The errors to list.
        illustrations: What to show.
    """
    template = _environment().get_template(TEMPLATE)
    viewer = illustrations.viewer
    return template.render(
        summary=summary,
        annotations=annotations,
        published_patient_auc=PATIENT_AUC,
        published_vertebra_auc=VERTEBRA_AUC,
        figures={name: _inline(path) for name, path in figures.items()},
        pictures=[(picture.caption, _inline(figures[picture.name])) for picture in illustrations.pictures],
        errors=_errors(details, illustrations),
        colours=colour_stops(COLOUR_STOPS),
        lowest_probability=STYLE.lowest_probability,
        viewer=_viewer(viewer, illustrations.outcomes) if viewer else None,
        viewer_ids={chosen.case.source.case_id for chosen in viewer},
        viewer_megabytes=sum(chosen.size for chosen in viewer),
        niivue=_base64(_niivue()) if viewer else "",
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
    }
    return environment


def _errors(details: Details, illustrations: Illustrations) -> list[dict[str, Any]]:
    return [
        {
            **asdict(error),
            "order": f"{level_index(error.vertebra):02d}",
            "crop": _data_uri(crop, "image/png") if crop else None,
        }
        for error in details.errors
        for crop in [illustrations.crops.get((error.case_id, error.vertebra))]
    ]


def _viewer(chosen: Sequence[ViewerCase], outcomes: Outcomes) -> dict[str, Any]:
    """What the viewer's script reads; centroids are in NIfTI's RAS mm, as the volumes."""
    return {
        "colours": colour_stops(COLOUR_STOPS),
        "window": STYLE.window,
        "lowest_probability": STYLE.lowest_probability,
        "opacity": STYLE.opacity,
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


def _niivue() -> bytes:
    return (files("evaluation.report") / "assets" / "niivue" / "niivue.umd.js.gz").read_bytes()


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


def _interval(limits: Sequence[float] | None) -> str:
    return MISSING if limits is None else f"{limits[0]:.3f} to {limits[1]:.3f}"


def _percent_interval(limits: Sequence[float]) -> str:
    return f"{100 * limits[0]:.0f} to {100 * limits[1]:.0f}%"


def _rate(rate: dict[str, Any] | None) -> str:
    """A rate, its count and its 95% interval, each on a line."""
    if rate is None or rate["estimate"] is None:
        return MISSING
    limits = f"{100 * rate['low']:.0f} to {100 * rate['high']:.0f}%"
    return f"{_percent(rate['estimate'])}\n{rate['count']} of {rate['total']}\n{limits}"
