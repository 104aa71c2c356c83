"""The heart: four chambers of blood in walls of muscle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.settings.thorax import Chamber, ThoraxSettings
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array, Box, enclosing_box, within
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.thorax.mediastinum import Mediastinum
from dataset_conversion.phantom.tissue.chest import Diaphragm
from dataset_conversion.phantom.tissue.organs import room


@dataclass(frozen=True)
class _Ellipsoid:
    """A chamber in field coordinates.

    Attributes:
        centre: Its centre (x, y, z) in mm.
        half_axes: Half axes of its blood in mm.
        turn: Its rotation in radians.
        wall: Thickness of its muscle in mm.
        density: Density of its blood in HU.
    """

    centre: Point
    half_axes: Point
    turn: float
    wall: float
    density: float


def paint_heart(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    place: Mediastinum,
    diaphragm: Diaphragm,
    blood: Mapping[str, float],
    settings: ThoraxSettings,
) -> None:
    """Paint the muscle of all chambers, and their blood over it.

    Args:
        volume: Densities of all voxels in HU.
        rng: Source of random numbers.
        phantom: The phantom.
        place: Where the organs of the chest lie.
        diaphragm: What the heart lies on.
        blood: Density of each kind of blood in HU.
        settings: Chambers and their sizes.
    """
    muscle, edge = rng.uniform(*settings.muscle), rng.uniform(*settings.heart_edge)
    size, shift = rng.uniform(*settings.heart_size), rng.uniform(*settings.heart_shift, size=3)
    chambers = [
        _chamber(one, place.at(one.place) + shift, size, blood[one.blood] * rng.uniform(*settings.difference))
        for one in settings.chambers
    ]
    boxes = [_box(phantom, one, settings) for one in chambers]
    surface = SmoothNoise(rng, phantom.grid, settings.wobble_length)
    for slab in phantom.grid.slabs(box=enclosing_box(boxes)):
        parts = [(one, _overlap(box, slab)) for one, box in zip(chambers, boxes, strict=True)]
        parts = [(one, box) for one, box in parts if all(part.stop > part.start for part in box)]
        if parts:
            space = room(phantom, slab, diaphragm, abdominal=False) + np.float32(settings.wobble) * surface.at(slab)
            _paint_slab(volume, phantom, parts, space, slab, muscle, max(edge, phantom.grid.edge))


def _paint_slab(
    volume: Array,
    phantom: Phantom,
    parts: Sequence[tuple[_Ellipsoid, Box]],
    space: Array,
    slab: Box,
    muscle: float,
    edge: float,
) -> None:
    depths = [(one, box, np.minimum(_depth(phantom, box, one), space[within(box, slab)])) for one, box in parts]
    for one, box, depth in depths:
        blend(volume, box, coverage(depth + np.float32(one.wall), edge), muscle)
    for one, box, depth in depths:
        blend(volume, box, coverage(depth, edge), one.density)


def _chamber(chamber: Chamber, centre: Point, size: float, density: float) -> _Ellipsoid:
    half_axes = size * np.array(chamber.half_axes)
    return _Ellipsoid(centre, half_axes, float(np.radians(chamber.turn)), size * chamber.wall, density)


def _box(phantom: Phantom, one: _Ellipsoid, settings: ThoraxSettings) -> Box:
    across = float(one.half_axes[:2].max()) if one.turn else one.half_axes[:2]
    reach = np.array([*np.broadcast_to(across, 2), one.half_axes[2]]) + one.wall + settings.heart_edge[1]
    return phantom.grid.box(one.centre - reach, one.centre + reach)


def _overlap(box: Box, slab: Box) -> Box:
    z = slice(max(box[0].start, slab[0].start), min(box[0].stop, slab[0].stop))
    return z, box[1], box[2]


def _depth(phantom: Phantom, box: Box, one: _Ellipsoid) -> Array:
    """Depth below the surface of the blood in mm (first order), positive inside."""
    x, y, z = (place - np.float32(middle) for place, middle in zip(phantom.grid.points(box), one.centre, strict=True))
    cosine, sine = np.float32(np.cos(one.turn)), np.float32(np.sin(one.turn))
    across, along, (width, depth, height) = cosine * x - sine * y, sine * x + cosine * y, one.half_axes
    plane = (across / np.float32(width)) ** 2 + (along / np.float32(depth)) ** 2
    radius = np.sqrt(plane + (z / np.float32(height)) ** 2)
    return np.asarray((1 - radius) * np.float32(one.half_axes.min()), dtype=np.float32)
