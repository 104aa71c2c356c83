"""Depth inside a whole vertebral body."""

from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape, endplate_depth, smooth_minimum, wall_depth


def body_depth(shape: BodyShape, u: Array, v: Array, w: Array) -> Array:
    """Signed distance from the surface of the body in mm, positive inside."""
    return smooth_minimum(wall_depth(shape, u, v, w), endplate_depth(shape, u, v, w), shape.edge_radius)
