"""The viewer niivue and the look that it gives volumes, in the report and in worklists."""

from __future__ import annotations

import gzip
from importlib.resources import files
from typing import Any

from evaluation.report.overlay import STYLE, colour_stops

NIIVUE_VERSION = "0.69.0"

COLOUR_STOPS = 17
"""Colours of a scale; enough for a smooth appearance."""


def compressed_niivue() -> bytes:
    """The library as it is distributed, compressed with gzip."""
    return (files("evaluation.report") / "assets" / "niivue" / "niivue.umd.js.gz").read_bytes()


def niivue_script() -> str:
    """The library as a script, which defines `niivue`, below its licences."""
    folder = files("evaluation.report") / "assets" / "niivue"
    licences = "\n".join(
        (folder / name).read_text(encoding="utf-8") for name in ("LICENSE", "THIRD_PARTY_LICENSES.txt")
    )
    # A licence may hold the end of a comment.
    comment = f"niivue {NIIVUE_VERSION}\n\n{licences}".replace("*/", "* /")
    return f"/*!\n{comment}\n*/\n{gzip.decompress(compressed_niivue()).decode('utf-8')}"


def volume_style() -> dict[str, Any]:
    """What the script `volumes.js` needs to know of the look of volumes."""
    return {
        "colours": colour_stops(COLOUR_STOPS),
        "window": STYLE.window,
        "lowest_probability": STYLE.lowest_probability,
        "opacity": STYLE.opacity,
    }
