"""Pedicles, laminae, processes and ribs: capsules of bone in a body's own frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.body import Array
from dataset_conversion.phantom.frames import Point
from dataset_conversion.phantom.grid import Grid, enclosing_box, paint_bone, within
from dataset_conversion.phantom.settings import PosteriorSettings
from dataset_conversion.phantom.spine import Body

_Local = tuple[float, float, float]

# Canal width, canal depth and pedicle width in mm (Panjabi 1991, 1992).
_CANAL: dict[str, tuple[float, float, float]] = {
    "T6": (17.3, 16.3, 6.0),
    "T7": (17.3, 15.9, 5.9),
    "T8": (17.7, 15.9, 6.7),
    "T9": (17.9, 15.9, 7.7),
    "T10": (18.2, 15.8, 9.0),
    "T11": (19.4, 16.1, 9.8),
    "T12": (22.2, 17.6, 8.7),
    "L1": (23.7, 19.0, 8.6),
    "L2": (23.8, 18.2, 8.3),
    "L3": (24.3, 17.5, 10.2),
    "L4": (25.4, 18.6, 14.1),
    "L5": (27.1, 19.7, 18.6),
    "S1": (30.0, 16.0, 18.0),
}


@dataclass(frozen=True)
class Capsule:
    """A rod with round ends between two local points (u, v, w)."""

    start: _Local
    end: _Local
    radius: float


def canal_size(level: str) -> tuple[float, float]:
    """Width and depth of the spinal canal in mm."""
    return _CANAL[level][:2]


def posterior_elements(body: Body, settings: PosteriorSettings) -> list[Capsule]:
    """The capsules behind one body: pedicles, laminae, facets, transverse and spinous processes, thoracic ribs."""
    width, depth, pedicle = _CANAL[body.level]
    height = body.normal.heights.posterior
    # The canal does not shrink with the patient; in a small one the pedicles would miss the body.
    side = min((width + pedicle) / 2, settings.pedicle_side * body.normal.half_width)
    roof = body.normal.half_depth + depth + settings.canal_margin
    back = roof + settings.lamina_gap
    elements = [
        Capsule((0, back, upper * height), (0, back + settings.spinous_length, lower * height), settings.spinous_radius)
        for upper, lower in settings.spinous_heights
    ]
    root = settings.pedicle_root * body.normal.half_depth
    thickness = min(pedicle, settings.widest_pedicle) / 2
    for sign in (-1.0, 1.0):
        upper, lower = settings.pedicle_heights
        joint = (sign * side, roof - settings.joint_gap, lower * height)
        elements += [
            Capsule((sign * side, root, upper * height), joint, thickness),
            Capsule(joint, (0, back, settings.lamina_height * height), settings.lamina_radius),
            *_lateral_elements(body.level.startswith("T"), sign, side, roof, height, settings),
        ]
    return elements


def _lateral_elements(
    thoracic: bool, sign: float, side: float, roof: float, height: float, settings: PosteriorSettings
) -> list[Capsule]:
    """Facets, transverse process and, of a thoracic vertebra, the rib on one side (`sign` 1: left)."""
    level = (settings.transverse_height, settings.transverse_height)
    rods = [
        ((0.0, 0.0), settings.facet_offsets, settings.facet_heights, settings.facet_radius),
        ((0.0, settings.transverse_length), settings.transverse_offsets, level, settings.transverse_radius),
    ]
    if thoracic:
        rods.append((settings.rib_sides, settings.rib_offsets, settings.rib_heights, settings.rib_radius))
    elements = []
    for sides, offsets, heights, radius in rods:
        start, end = (
            (sign * (side + across), roof + offset, share * height)
            for across, offset, share in zip(sides, offsets, heights, strict=True)
        )
        elements.append(Capsule(start, end, radius))
    return elements


def paint_posterior(volume: Array, grid: Grid, body: Body, cortical: float, settings: PosteriorSettings) -> None:
    """Paint the elements behind one body as one bone: a cortical shell around trabecular bone."""
    boxes, depths = [], []
    for capsule in posterior_elements(body, settings):
        start, end = (body.origin + body.frame.to_world(*point) for point in (capsule.start, capsule.end))
        reach = capsule.radius + grid.edge
        boxes.append(grid.box(np.minimum(start, end) - reach, np.maximum(start, end) + reach))
        depths.append(capsule.radius - _distance(grid.points(boxes[-1]), start, end))
    whole = enclosing_box(boxes)
    depth = np.full([part.stop - part.start for part in whole], -np.inf, dtype=np.float32)
    for box, capsule_depth in zip(boxes, depths, strict=True):
        part = depth[within(box, whole)]
        np.maximum(part, capsule_depth, out=part)
    paint_bone(volume, whole, depth, grid.edge, settings.cortical_thickness, cortical, settings.trabecular)


def _distance(points: tuple[Array, Array, Array], start: Point, end: Point) -> Array:
    """Distance of each voxel to the line segment between two field points."""
    axis = (end - start).astype(np.float32)
    x, y, z = (place - np.float32(first) for place, first in zip(points, start, strict=True))
    share = np.clip((x * axis[0] + y * axis[1] + z * axis[2]) / (axis @ axis), 0, 1)
    squares = (x - share * axis[0]) ** 2 + (y - share * axis[1]) ** 2 + (z - share * axis[2]) ** 2
    return np.asarray(np.sqrt(squares), dtype=np.float32)
