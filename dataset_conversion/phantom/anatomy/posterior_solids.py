"""Posterior elements as one smooth solid: its parts have the size and the direction of their level."""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.anatomy.canal import canal_size, pedicle_width
from dataset_conversion.phantom.anatomy.posterior_variants import PosteriorVariant
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.settings.bones import PosteriorSettings
from dataset_conversion.phantom.settings.levels import PositiveProfile, Profile, value_at
from dataset_conversion.phantom.shapes.beams import Beam, beam, solid_depth
from dataset_conversion.phantom.shapes.grid import Array, Box, Grid
from dataset_conversion.phantom.shapes.rods import Rod, polyline, union_depth

_UP = (0.0, 0.0, 1.0)


def solid_elements(body: Body, variant: PosteriorVariant, settings: PosteriorSettings) -> list[Beam]:
    """The beams of a vertebra above the sacrum in its own frame.

    Args:
        body: The body of the vertebra.
        variant: How the vertebra differs from the mean of its level.
        settings: Settings of the posterior elements, with those of solids.
    """
    builder = _Builder(body, variant, settings)
    beams = [builder.spinous()]
    for sign in (-1.0, 1.0):
        beams += [builder.pedicle(sign), builder.lamina(sign), builder.transverse(sign), *builder.facets(sign)]
    return beams


def solid_posterior_depth(grid: Grid, body: Body, settings: PosteriorSettings) -> tuple[Box, Array] | None:
    """A box around the posterior elements, and the depth of its voxels below their surface in mm.

    The canal stays free. None if the elements are to be drawn as rods.
    """
    if body.posterior is None or settings.solid is None:
        return None
    beams = solid_elements(body, body.posterior, settings)
    box, depth = solid_depth(grid, body.origin, body.frame, beams, settings.solid.rounding)
    u, v, _ = grid.local(box, body.origin, body.frame)
    width, canal = canal_size(body.level)
    centre = body.normal.half_depth + canal / 2
    radius = np.sqrt((u / (width / 2)) ** 2 + ((v - centre) / (canal / 2)) ** 2)
    outside = (radius - 1) * np.float32(min(width, canal) / 2)
    line = polyline([body.origin + np.array(centre) for centre in body.posterior.canal], min(width, canal) / 2)
    if line:
        around, inside = union_depth(grid.part(box), [_moved(one, grid, box) for one in line])
        outside[around] = np.minimum(outside[around], -inside)
    return box, np.asarray(np.minimum(depth, outside), dtype=np.float32)


def _moved(rod: Rod, grid: Grid, box: Box) -> Rod:
    """A rod in the coordinates of the part of the grid in a box."""
    z, y, x = (part.start * step for part, step in zip(box, grid.spacing, strict=True))
    corner = np.array([x, y, z])
    return Rod(rod.start - corner, rod.end - corner, rod.radius)


class _Builder:
    """The beams of one vertebra."""

    def __init__(self, body: Body, variant: PosteriorVariant, settings: PosteriorSettings) -> None:
        if settings.solid is None:
            raise TypeError("posterior elements: solid is None; expected its settings")
        self.level, self.variant, self.solid = body.level, variant, settings.solid
        self.height = body.normal.heights.posterior
        self.half_depth = body.normal.half_depth
        width, depth = canal_size(body.level)
        pedicle = min(pedicle_width(body.level), settings.widest_pedicle)
        # The canal does not scale with the patient: without this limit, pedicles of a small patient miss the body.
        self.side = min((width + pedicle) / 2, settings.pedicle_side * body.normal.half_width)
        self.pedicle_half_width = pedicle / 2 * variant.size
        self.root = settings.pedicle_root * body.normal.half_depth
        self.roof = self.half_depth + depth
        self.joint = self.half_depth + self.solid.joint_share * depth

    def at(self, profile: Profile | PositiveProfile) -> float:
        """The value of a profile at the level."""
        return value_at(profile, self.level)

    def pedicle(self, sign: float) -> Beam:
        """From the upper half of the body back to the joint with the lamina."""
        level = self.solid.pedicle_height * self.height
        section = (self.at(self.solid.pedicle_half_height) * self.variant.size, self.pedicle_half_width)
        start, end = (sign * self.side, self.root, level), (sign * self.side, self.joint, 0.8 * level)
        return beam(start, end, _UP, section)

    def lamina(self, sign: float) -> Beam:
        """A plate from the pedicle back to the midline."""
        solid, height = self.solid, self.height
        thickness = self.at(solid.lamina_thickness) / 2 * self.variant.size
        section = (self.at(solid.lamina_half_height) * height, thickness)
        upper, lower = (share * height for share in solid.lamina_heights)
        back = self.roof + thickness
        return beam((sign * self.side, self.joint, upper), (0.0, back, lower), _UP, section)

    def spinous(self) -> Beam:
        """A plate that slopes down from the joint of both laminae."""
        solid, variant = self.solid, self.variant
        slope = np.radians(np.clip(self.at(solid.spinous_slope) + variant.slope, 0.0, solid.steepest))
        length = min(self.at(solid.spinous_length) * variant.length, solid.spinous_reach / float(np.cos(slope)))
        half_height, half_width = self.at(solid.spinous_half_height), self.at(solid.spinous_width) / 2
        start = np.array([0.0, self.roof + half_width, solid.lamina_heights[1] * self.height])
        end = start + length * np.array([0.0, np.cos(slope), -np.sin(slope)]) + [variant.deviation, 0.0, 0.0]
        tip = (0.9 * half_height * variant.size, 1.4 * half_width * variant.size)
        return beam(start.tolist(), end.tolist(), _UP, (half_height, half_width * variant.size), tip)

    def transverse(self, sign: float) -> Beam:
        """To the side and back: thick with a round tip in the chest, a thin blade below it."""
        solid, variant = self.solid, self.variant
        start = (sign * self.side, self.joint, solid.transverse_height * self.height)
        reach = max(self.at(solid.transverse_reach) * variant.length, self.side + solid.shortest_transverse)
        rise = self.at(solid.transverse_rise)
        end = (sign * reach, self.joint + self.at(solid.transverse_back), start[2] + rise)
        thickness, half_height = self.at(solid.transverse_thickness) / 2, self.at(solid.transverse_half_height)
        root = (1.1 * half_height * variant.size, 1.2 * thickness * variant.size)
        return beam(start, end, _UP, root, (half_height * variant.size, thickness * variant.size))

    def facets(self, sign: float) -> list[Beam]:
        """The upper and the lower articular process. The upper one lies in front of the one it meets, or beside it."""
        solid, height, variant = self.solid, self.height, self.variant
        turn = np.radians(self.at(solid.facet_turn))
        along_joint = (float(np.cos(turn)), sign * float(np.sin(turn)), 0.0)
        section = (self.at(solid.facet_width) / 2 * variant.facet, self.at(solid.facet_thickness) / 2 * variant.facet)
        gap = (solid.facet_gap + 2 * section[1]) / 2
        upper_end, lower_end = (share * height for share in solid.facet_ends)
        middle = np.array([sign * self.side * solid.facet_side, self.joint + 0.6 * (self.roof - self.joint), 0.0])
        normal = np.array([sign * np.sin(turn), -np.cos(turn), 0.0])  # from the lower process to the upper one
        front, behind = middle + gap * normal, middle - gap * normal
        root = 0.1 * height
        return [
            beam((front[0], front[1], root), (front[0], front[1], upper_end), along_joint, section),
            beam((behind[0], behind[1], -root), (behind[0], behind[1], lower_end), along_joint, section),
        ]
