"""The centres of the vertebrae of a case: found in its maps, or given."""

from collections.abc import Mapping
from dataclasses import dataclass

from dataset_conversion.spine.heights import Heights
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME
from evaluation.localisation.crop import crop_maps
from evaluation.localisation.locate import locate_vertebrae
from evaluation.localisation.vertebra_map import add_maps
from evaluation.maps.probability_map import ProbabilityMap

INSERTED = "not found in the maps: placed in a gap between its neighbours"
Point = tuple[float, float, float]
"""(x, y, z) in LPS mm."""


@dataclass(frozen=True)
class VertebraCentre:
    """The centre of a vertebral body.

    Attributes:
        centre: Position (x, y, z), LPS mm.
        level: Its name, where a person or a mask gives one.
        heights: Heights of the body, where there is a mask.
        not_evaluable: Why nothing can be said about it, as far as the centres alone show.
    """

    centre: Point
    level: str | None = None
    heights: Heights | None = None
    not_evaluable: str | None = None


@dataclass(frozen=True)
class GivenCentres:
    """The centres that came with a CT.

    Attributes:
        source: The file or folder, and what it holds, for `<case>.json`.
        vertebrae: From the top down, at least one.
        digest: SHA-256 by which a later prediction tells whether they are the same.
        warnings: What a reader should know about them.
    """

    source: str
    vertebrae: tuple[VertebraCentre, ...]
    digest: str
    warnings: tuple[str, ...] = ()


def locate_centres(maps: Mapping[str, ProbabilityMap]) -> list[VertebraCentre]:
    """The vertebrae that the maps of fracture and normal show, from the top down; empty without a spine."""
    parts = crop_maps([maps[FRACTURE_NAME], maps[NORMAL_NAME]])
    return [
        VertebraCentre(found.centre, not_evaluable=INSERTED if found.inserted else None)
        for found in (locate_vertebrae(add_maps(parts)) if parts else ())
    ]
