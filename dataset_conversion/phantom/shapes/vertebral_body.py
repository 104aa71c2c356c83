"""The shape of one vertebral body in its own frame.

Local coordinates are mm from the middle of the rim: `u` to the left, `v` to posterior, `w` up. The body is a waisted
superelliptic cylinder between two endplates, each a hollow in a tilted plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.spine.heights import Heights

MEASURING_POSITION = 0.75
"""Position of the anterior and posterior heights, as a share of the half depth: inside the rounded edge."""

_NOTCH_WIDTH = 0.4  # share of the half width that the posterior wall's hollow covers

_LIP_SHARPNESS = 8  # even power of the height by which an osteophyte keeps to the endplates
_OFF_AXIS = 1e-3  # mm; the distance to the wall is a ratio, undefined on the axis itself


@dataclass(frozen=True)
class Step:
    """A step in the upper rim.

    Attributes:
        share: Share of the anterior loss of height that is in the step.
        position: From -1, the anterior wall, to 1, the posterior wall.
        width: Width of the step in half depths.
    """

    share: float = 0.0
    position: float = 0.0
    width: float = 1.0


@dataclass(frozen=True)
class Node:
    """A Schmorl's node: a pit in one endplate, filled by the disc.

    It lies off the mid-sagittal plane, where heights are measured.

    Attributes:
        u: Its centre in mm.
        v: Its centre in mm.
        radius: Its radius in mm.
        depth: Its depth in mm.
        upper: Whether it is in the upper endplate rather than the lower.
    """

    u: float
    v: float
    radius: float
    depth: float
    upper: bool


@dataclass(frozen=True)
class BodyShape:
    """The shape of a body; lengths in mm.

    Attributes:
        half_width: Half width at the endplates.
        half_depth: Half depth at the endplates.
        heights: Its heights.
        step: The step in the upper rim of a wedge.
        upper_share: Share of the concavity that is in the upper endplate.
        waist: Share of the radius lost midway between the endplates.
        roundness: Exponent of the superellipse seen from above.
        posterior_notch: Depth of the hollow in the posterior wall.
        osteophyte: Protrusion of the anterior edges.
        edge_radius: Rounding between wall and endplates.
        node: A Schmorl's node, if any.
        pits: Further pits: a small one is an irregular endplate, one at the anterior edge a limbus.
        upper_lip: Protrusion of the upper edge in front and at the sides in mm, beside `osteophyte`.
        lower_lip: The same of the lower edge.
    """

    half_width: float
    half_depth: float
    heights: Heights
    step: Step
    upper_share: float
    waist: float
    roundness: float
    posterior_notch: float
    osteophyte: float
    edge_radius: float
    node: Node | None = None
    pits: tuple[Node, ...] = ()
    upper_lip: float = 0.0
    lower_lip: float = 0.0

    @property
    def middle_offset(self) -> float:
        """The `w` of the point midway between the centres of the endplates."""
        centre = np.zeros(1, np.float32)
        lower, upper = endplates(self, centre, centre)
        return float(lower[0] + upper[0]) / 2

    @property
    def central_rim(self) -> float:
        """Distance between the planes of both rims at the centre of the body."""
        return float(rim_height(self, np.zeros(1, np.float32))[0])


def rim_height(shape: BodyShape, v: Array) -> Array:
    """Distance between the planes of both rims at `v`, without the concavity of the endplates."""
    sloping, stepping = _anterior_loss(shape, v)
    return np.asarray(shape.heights.posterior - sloping - stepping, dtype=np.float32)


def _anterior_loss(shape: BodyShape, v: Array) -> tuple[Array, Array]:
    """Loss of height of the rim at `v` relative to the posterior height: by the slope, and in the step."""
    step, lost = shape.step, shape.heights.posterior - shape.heights.anterior
    position = v / shape.half_depth
    slope = (MEASURING_POSITION - position) / (2 * MEASURING_POSITION)
    edge = np.clip((step.position - position) / step.width + 0.5, 0, 1)
    return lost * (1 - step.share) * slope, lost * step.share * edge * edge * (3 - 2 * edge)


def endplates(shape: BodyShape, u: Array, v: Array) -> tuple[Array, Array]:
    """The `w` of the lower and the upper endplate at (u, v)."""
    sloping, stepping = _anterior_loss(shape, v)
    half = (shape.heights.posterior - sloping) / 2
    radius = (u / shape.half_width) ** 2 + (v / shape.half_depth) ** 2
    hollow = (shape.central_rim - shape.heights.middle) * np.maximum(1 - radius / MEASURING_POSITION**2, 0)
    lower = (1 - shape.upper_share) * hollow - half
    upper = half - stepping - shape.upper_share * hollow
    for node in (*((shape.node,) if shape.node else ()), *shape.pits):
        pit = _pit(node, u, v)
        lower, upper = (lower, upper - pit) if node.upper else (lower + pit, upper)
    return np.asarray(lower, dtype=np.float32), np.asarray(upper, dtype=np.float32)


def _pit(node: Node, u: Array, v: Array) -> Array:
    distance = ((u - node.u) ** 2 + (v - node.v) ** 2) / node.radius**2
    return np.asarray(node.depth * np.maximum(1 - distance, 0) ** 0.5, dtype=np.float32)


def wall_depth(shape: BodyShape, u: Array, v: Array, w: Array) -> Array:
    """Distance from the side wall in mm, positive inside (first order: exact on the wall)."""
    height = np.clip(2 * w / shape.heights.posterior, -1, 1)
    radius = 1 - shape.waist * (1 - height * height)
    lip = shape.osteophyte * height**_LIP_SHARPNESS * np.clip(-v / shape.half_depth, 0, 1)
    if shape.upper_lip or shape.lower_lip:
        edge = np.where(height > 0, np.float32(shape.upper_lip), np.float32(shape.lower_lip))
        lip = np.maximum(lip, edge * height**_LIP_SHARPNESS * np.clip(0.5 - v / shape.half_depth, 0, 1))
    hollow = shape.posterior_notch * np.exp(-((u / (_NOTCH_WIDTH * shape.half_width)) ** 2))
    v = np.abs(v + hollow * np.clip(v / shape.half_depth, 0, 1))
    u = np.maximum(np.abs(u), _OFF_AXIS)
    exponent = shape.roundness
    scaled = ((u / shape.half_width) ** exponent + (v / shape.half_depth) ** exponent) ** (1 / exponent)
    return np.asarray((radius / scaled - 1) * np.sqrt(u * u + v * v) + lip, dtype=np.float32)


def smooth_minimum(first: Array, second: Array, radius: float) -> Array:
    """The minimum of two distances, with the edge between them rounded over `radius` mm."""
    blend = np.maximum(radius - np.abs(first - second), 0) / radius
    return np.asarray(np.minimum(first, second) - blend * blend * radius / 4, dtype=np.float32)


def endplate_depth(shape: BodyShape, u: Array, v: Array, w: Array) -> Array:
    """Distance from the nearer endplate in mm, positive between the two."""
    lower, upper = endplates(shape, u, v)
    return np.asarray(np.minimum(upper - w, w - lower), dtype=np.float32)
