"""Shape of a vertebral body without a fracture.

It varies as `ShapeSettings` says. Where those distributions reach below 80 % of the posterior height, some normal
vertebrae have lost as much height as a mild fracture, as in readings of real scans.
"""

from __future__ import annotations

import numpy as np

from dataset_conversion.phantom.settings.spine import ShapeSettings
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape, Node, Step
from dataset_conversion.spine.anatomy import BodySize
from dataset_conversion.spine.heights import Heights


def normal_shape(rng: np.random.Generator, size: BodySize, scale: float, settings: ShapeSettings) -> BodyShape:
    """Draw the shape of a body.

    Args:
        rng: Source of random numbers.
        size: Mean size of the level.
        scale: Size of the patient relative to the mean.
        settings: Distributions of the shape.
    """
    posterior = size.height * scale * settings.size_variation.draw(rng)
    anterior = posterior * settings.anterior_ratio.draw(rng)
    middle = min(posterior * settings.middle_ratio.draw(rng), (anterior + posterior) / 2)
    half_width = size.width * scale * settings.size_variation.draw(rng) / 2
    if settings.width is not None:
        half_width *= rng.uniform(*settings.width)
    half_depth = size.depth * scale * settings.size_variation.draw(rng) / 2
    return BodyShape(
        half_width=half_width,
        half_depth=half_depth,
        heights=Heights(anterior, middle, posterior),
        step=Step(),
        upper_share=rng.uniform(*settings.upper_share),
        waist=rng.uniform(*settings.waist),
        roundness=rng.uniform(*settings.roundness),
        posterior_notch=rng.uniform(*settings.posterior_notch),
        osteophyte=rng.uniform(*settings.osteophyte) if rng.random() < settings.osteophyte_chance else 0.0,
        edge_radius=settings.edge_radius,
        node=_draw_node(rng, half_width, half_depth, settings) if rng.random() < settings.node_chance else None,
    )


def _draw_node(rng: np.random.Generator, half_width: float, half_depth: float, settings: ShapeSettings) -> Node:
    return Node(
        u=float(rng.choice([-1, 1])) * rng.uniform(*settings.node_side) * half_width,
        v=rng.uniform(*settings.node_position) * half_depth,
        radius=rng.uniform(*settings.node_radius) * half_width,
        depth=rng.uniform(*settings.node_depth),
        upper=bool(rng.random() < 0.5),
    )
