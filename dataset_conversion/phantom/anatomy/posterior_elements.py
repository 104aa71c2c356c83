"""Posterior elements of a vertebra: pedicles, laminae and processes, drawn as rods or as a solid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset_conversion.phantom.anatomy.canal import canal_size, pedicle_width
from dataset_conversion.phantom.anatomy.posterior_solids import solid_posterior_depth
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.bones import PosteriorSettings
from dataset_conversion.phantom.shapes.grid import Array, Grid
from dataset_conversion.phantom.shapes.painting import paint_bone
from dataset_conversion.phantom.shapes.rods import Rod, union_depth


def rod(start: Sequence[float], end: Sequence[float], radius: float) -> Rod:
    """A rod between two points (u, v, w) of a body's own frame in mm."""
    return Rod(np.array(start, dtype=np.float64), np.array(end, dtype=np.float64), radius)


def in_field(body: Body, local: Rod) -> Rod:
    """Transform a rod from a body's own frame to field coordinates."""
    start, end = (body.origin + body.frame.to_world(*point) for point in (local.start, local.end))
    return Rod(start, end, local.radius)


def posterior_elements(body: Body, settings: PosteriorSettings) -> list[Rod]:
    """The rods of a vertebra above the sacrum in its own frame: pedicles, laminae, facets and processes."""
    (width, depth), pedicle = canal_size(body.level), pedicle_width(body.level)
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
    solid = solid_posterior_depth(grid, body, settings)
    if solid is None:
        solid = union_depth(grid, [in_field(body, local) for local in posterior_elements(body, settings)])
    box, depth = solid
    paint_bone(volume, box, depth, grid.edge, settings.cortical_thickness, cortical, settings.trabecular)
