"""Posterior elements of a vertebra: pedicles, laminae and processes, drawn as rods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.bones import PosteriorSettings
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.painting import paint_bone
from dataset_conversion.phantom.shapes.rods import Rod, union_depth

# Canal width, canal depth and pedicle width in mm (Panjabi 1991, 1992; the cervical and sacral ones are rough means).
_CANAL: dict[str, tuple[float, float, float]] = {
    "C6": (24.0, 17.5, 6.0),
    "C7": (24.0, 17.0, 7.0),
    "T1": (21.8, 16.4, 8.5),
    "T2": (19.5, 15.5, 8.2),
    "T3": (18.3, 16.1, 6.8),
    "T4": (17.1, 15.9, 6.3),
    "T5": (17.2, 16.1, 6.0),
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
    "S2": (24.0, 12.0, 16.0),
}


def rod(start: Sequence[float], end: Sequence[float], radius: float) -> Rod:
    """A rod between two points (u, v, w) of a body's own frame in mm."""
    return Rod(np.array(start, dtype=np.float64), np.array(end, dtype=np.float64), radius)


def in_field(body: Body, local: Rod) -> Rod:
    """Transform a rod from a body's own frame to field coordinates."""
    start, end = (body.origin + body.frame.to_world(*point) for point in (local.start, local.end))
    return Rod(start, end, local.radius)


def canal_size(level: str) -> tuple[float, float]:
    """Width and depth of the spinal canal in mm."""
    return _CANAL[level][:2]


def posterior_elements(body: Body, settings: PosteriorSettings) -> list[Rod]:
    """The rods of a vertebra above the sacrum in its own frame: pedicles, laminae, facets and processes."""
    width, depth, pedicle = _CANAL[body.level]
    height = body.normal.heights.posterior
    # The canal does not scale with the patient: without this limit, the pedicles of a small patient miss the body.
    side = min((width + pedicle) / 2, settings.pedicle_side * body.normal.half_width)
    roof = body.normal.half_depth + depth + settings.canal_margin
    back = roof + settings.lamina_gap
    elements = [
        rod((0, back, upper * height), (0, back + settings.spinous_length, lower * height), settings.spinous_radius)
        for upper, lower in settings.spinous_heights
    ]
    root = settings.pedicle_root * body.normal.half_depth
    thickness = min(pedicle, settings.widest_pedicle) / 2
    for sign in (-1.0, 1.0):
        upper, lower = settings.pedicle_heights
        joint = (sign * side, roof - settings.joint_gap, lower * height)
        elements += [
            rod((sign * side, root, upper * height), joint, thickness),
            rod(joint, (0, back, settings.lamina_height * height), settings.lamina_radius),
            *_processes(sign, side, roof, height, settings),
        ]
    return elements


def _processes(sign: float, side: float, roof: float, height: float, settings: PosteriorSettings) -> list[Rod]:
    """Facets and transverse process of one side (`sign` 1: left)."""
    upper, lower = (share * height for share in settings.facet_heights)
    above, below = (roof + offset for offset in settings.facet_offsets)
    root, tip = (roof + offset for offset in settings.transverse_offsets)
    level, far = settings.transverse_height * height, side + settings.transverse_length
    return [
        rod((sign * side, above, upper), (sign * side, below, lower), settings.facet_radius),
        rod((sign * side, root, level), (sign * far, tip, level), settings.transverse_radius),
    ]


def paint_posterior(volume: Array, grid: Grid, body: Body, cortical: float, settings: PosteriorSettings) -> None:
    """Paint the posterior elements of one body as one bone: a cortical shell around trabecular bone."""
    box, depth = union_depth(grid, [in_field(body, local) for local in posterior_elements(body, settings)])
    paint_bone(volume, box, depth, grid.edge, settings.cortical_thickness, cortical, settings.trabecular)
