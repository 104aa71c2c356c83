"""The report: one HTML file that opens without a network."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluation.figures import PUBLISHED
from evaluation.pictures import Picture

TEMPLATE = "report.html.jinja"
MISSING = "n/a"


def render_report(summary: dict[str, Any], annotations: Path, output: Path, pictures: Sequence[Picture]) -> str:
    """Fill the template.

    Args:
        summary: What `summary.summarise` returns.
        annotations: The vertebra table, named in the report.
        output: The evaluation's folder; the figures that are there are taken into the report.
        pictures: Pictures of patients, possibly none.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "percent": _percent, "rate": _rate, "interval": _interval}
    return environment.get_template(TEMPLATE).render(
        summary=summary,
        annotations=annotations.name,
        published=PUBLISHED,
        figures={level: _inline_figure(output / "figures" / f"{level}_roc.svg") for level in ("patient", "vertebra")},
        pictures=[(picture.caption, _data_uri(picture.png, "image/png")) for picture in pictures],
    )


def _inline_figure(path: Path) -> str | None:
    return _data_uri(path.read_bytes(), "image/svg+xml") if path.is_file() else None


def _data_uri(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _number(value: float | None, digits: int = 3) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return MISSING if value is None else f"{100 * value:.1f}%"


def _interval(limits: Sequence[float] | None) -> str:
    return MISSING if limits is None else f"{limits[0]:.3f} to {limits[1]:.3f}"


def _rate(rate: dict[str, Any] | None) -> str:
    """A rate, its count and its 95% interval, each on a line."""
    if rate is None or rate["estimate"] is None:
        return MISSING
    limits = f"{100 * rate['low']:.0f} to {100 * rate['high']:.0f}%"
    return f"{_percent(rate['estimate'])}\n{rate['count']} of {rate['total']}\n{limits}"
