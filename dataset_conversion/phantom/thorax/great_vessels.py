"""The vessels of the chest: the first part of the aorta, pulmonary vessels, and those of head and arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.thorax import Places, ThoraxSettings
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth
from dataset_conversion.phantom.thorax.mediastinum import Mediastinum
from dataset_conversion.phantom.tissue.rays import add_rays
from dataset_conversion.phantom.tissue.vessels import Vessel, end_of_vessel

_DARK_SHARE = (-0.3, 1.0)  # how much darker than bright the rays are on average
_STRENGTH = (0.3, 1.0)  # of the streaks at one point of a vein, relative to the patient's strongest


@dataclass(frozen=True)
class Injection:
    """Undiluted contrast medium.

    Attributes:
        place: Where the organs of the chest lie.
        veins: The kind of blood of the veins that hold it, beside the upper vena cava.
    """

    place: Mediastinum
    veins: str


def draw_blood(
    rng: np.random.Generator, blood: Mapping[str, float], settings: ThoraxSettings
) -> tuple[dict[str, float], str | None]:
    """Draw the density of each kind of blood in HU, and which veins hold undiluted contrast medium, if any."""
    vein, injected = blood["vein"], rng.uniform(*settings.injected)
    mixed = {**blood, "pulmonary": rng.uniform(*settings.pulmonary)}
    mixed |= dict.fromkeys(("left vein", "right vein", "upper cava"), vein)
    side = "left vein" if rng.random() < settings.left_chance else "right vein"
    dilution = rng.uniform(*settings.dilution)
    if rng.random() >= settings.injection_chance:
        return mixed, None
    return {**mixed, side: injected, "upper cava": max(injected * dilution, vein)}, side


def paint_great_vessels(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    place: Mediastinum,
    aorta: Vessel,
    blood: Mapping[str, float],
    settings: ThoraxSettings,
) -> None:
    """Paint the vessels, and the aorta up to its descending part over them.

    Args:
        volume: Densities of all voxels in HU.
        rng: Source of random numbers.
        phantom: The phantom.
        place: Where the organs of the chest lie.
        aorta: The descending aorta.
        blood: Density of each kind of blood in HU.
        settings: The vessels.
    """
    size = rng.uniform(*settings.vessel_size)
    for vessel in settings.great_vessels:
        line = _points(rng, place, vessel.line, settings)
        _paint(volume, phantom, polyline(line, size * rng.uniform(*vessel.radius)), blood[vessel.blood])
    line = [*_points(rng, place, settings.arch, settings), end_of_vessel(phantom, aorta, settings.aorta_top)]
    radius = aorta.radius * rng.uniform(*settings.arch_size)
    _paint(volume, phantom, polyline(line, radius), blood["artery"])


def add_streaks_of_veins(
    volume: Array, rng: np.random.Generator, phantom: Phantom, injection: Injection | None
) -> None:
    """Add the streaks beside veins with undiluted contrast medium, if there are any, in place."""
    settings = phantom.settings.thorax
    if injection is None or settings is None:
        return
    strength, reach = rng.uniform(*settings.streak), rng.uniform(*settings.streak_reach)
    for vessel in settings.great_vessels:
        if vessel.blood not in (injection.veins, "upper cava"):
            continue
        points = [injection.place.at(point) for point in vessel.line]
        for first, last in pairwise(points):
            count = max(int(np.linalg.norm(last - first) / settings.streak_step), 1)
            for share in (np.arange(count) + rng.random()) / count:
                own = strength * rng.uniform(*_STRENGTH)
                centre = first + share * (last - first)
                add_rays(volume, rng, phantom.grid, centre, own, reach, settings.streak_rays, _DARK_SHARE)


def _points(rng: np.random.Generator, place: Mediastinum, line: Places, settings: ThoraxSettings) -> list[Point]:
    """The points of a line. Ends of vessels that meet are the same, so that only points between them are shifted."""
    inner = [place.at(point) + rng.uniform(*settings.sides, size=3) for point in line[1:-1]]
    return [place.at(line[0]), *inner, place.at(line[-1])]


def _paint(volume: Array, phantom: Phantom, rods: list[Rod], density: float) -> None:
    for rod in rods:
        box, depth = union_depth(phantom.grid, [rod])
        blend(volume, box, coverage(depth, phantom.grid.edge), density)
