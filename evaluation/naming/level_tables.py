"""What is known of the levels: spacings, tilts, their covariance, and the levels at which scans begin and end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import LEVELS

TABLE_FILE = "level_tables.json"

NAMED_LEVELS = tuple(level for level in LEVELS if level[0] != "S")
"""The levels that can be named. The sacrum is not in VID."""

TABLE_LEVELS = tuple(level for level in NAMED_LEVELS if level != "T13")
"""The levels of the tables. VID has no T13."""


@dataclass(frozen=True, eq=False)
class LevelTables:
    """Numbers that were derived from VID; `level_tables.json` states the source, the licence and the split.

    A step leads from one level of `TABLE_LEVELS` to the next. Its spacing is the distance of the centres, and its tilt
    is the angle in the sagittal plane to the longitudinal axis, positive if the lower centre lies further back.

    Attributes:
        spacing: (24,) geometric mean of the spacing of each step, in mm.
        tilt: (24,) mean tilt of each step, in radians.
        covariance: (48, 48) of the logarithms of the spacings and the tilts of a person. The person's scale and the
            slope and curvature of the spine are directions of large variance in it.
        first: Probability of each level to be the first in a scan.
        last: Probability of each level to be the last in a scan.
        lateral_scale: Scale of the lateral angle of a step in radians, the same for all levels.
        degrees_of_freedom: Of the multivariate t distribution of a person's steps.
        evidence_weight: Power of the likelihood that makes the probabilities calibrated.
        without_t12: Share of persons with T11 as the last thoracic level.
        with_t13: Share of persons with T13.
    """

    spacing: FloatArray
    tilt: FloatArray
    covariance: FloatArray
    first: Mapping[str, float]
    last: Mapping[str, float]
    lateral_scale: float
    degrees_of_freedom: float
    evidence_weight: float
    without_t12: float
    with_t13: float

    def to_json(self) -> dict[str, Any]:
        """The tables in a form for JSON: degrees instead of radians, and the lower triangle of the covariance."""
        rows = [[_significant(value) for value in row[: count + 1]] for count, row in enumerate(self.covariance)]
        return {
            "levels": list(TABLE_LEVELS),
            "spacing_mm": [round(float(value), 3) for value in self.spacing],
            "tilt_degrees": [round(float(value), 3) for value in np.degrees(self.tilt)],
            "covariance_lower_triangle": rows,
            "first_level": {level: round(share, 5) for level, share in self.first.items()},
            "last_level": {level: round(share, 5) for level, share in self.last.items()},
            "lateral_scale_degrees": round(float(np.degrees(self.lateral_scale)), 3),
            "degrees_of_freedom": self.degrees_of_freedom,
            "evidence_weight": self.evidence_weight,
            "without_t12": round(self.without_t12, 5),
            "with_t13": round(self.with_t13, 5),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> LevelTables:
        """The tables from what `to_json` made."""
        rows = content["covariance_lower_triangle"]
        lower = np.zeros((len(rows), len(rows)))
        for count, row in enumerate(rows):
            lower[count, : count + 1] = row
        return cls(
            spacing=np.asarray(content["spacing_mm"]),
            tilt=np.radians(content["tilt_degrees"]),
            covariance=lower + np.tril(lower, -1).T,
            first=content["first_level"],
            last=content["last_level"],
            lateral_scale=float(np.radians(content["lateral_scale_degrees"])),
            degrees_of_freedom=content["degrees_of_freedom"],
            evidence_weight=content["evidence_weight"],
            without_t12=content["without_t12"],
            with_t13=content["with_t13"],
        )


def read_table_file() -> dict[str, Any]:
    """All that `level_tables.json` says, with its source."""
    text = files("evaluation.naming").joinpath(TABLE_FILE).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


@cache
def read_level_tables() -> LevelTables:
    """The tables that are installed with the package."""
    return LevelTables.from_json(read_table_file()["tables"])


def _significant(value: float) -> float:
    return float(f"{value:.5g}")
