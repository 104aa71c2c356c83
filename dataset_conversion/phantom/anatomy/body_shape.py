"""Heights and form of a body, normal or fractured.

A wedge loses anterior and a biconcave fracture middle height against the body's own posterior height; a crush loses
the same share of all three heights against what they were before. No other height has then lost more, so that the
loss alone decides the grade. A normal body varies as ``ShapeSettings`` says; where those distributions reach below
80 % of the posterior height, some normal vertebrae have lost as much as a mild fracture, as in readings of real scans.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dataset_conversion.phantom.anatomy.fractures import Fracture
from dataset_conversion.phantom.settings.spine import FractureSettings, ShapeSettings
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape, Heights, Node, Step
from dataset_conversion.spine.anatomy import BodySize


def normal_shape(rng: np.random.Generator, size: BodySize, scale: float, settings: ShapeSettings) -> BodyShape:
    """A body that is not fractured; `scale` is the patient's size against the mean."""
    posterior = size.height * scale * settings.size_variation.draw(rng)
    anterior = posterior * settings.anterior_ratio.draw(rng)
    middle = min(posterior * settings.middle_ratio.draw(rng), (anterior + posterior) / 2)
    half_width = size.width * scale * settings.size_variation.draw(rng) / 2
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


def fractured_shape(
    rng: np.random.Generator, normal: BodyShape, fracture: Fracture, settings: FractureSettings
) -> BodyShape:
    """The same body after a fracture: lower by the fracture's loss, and bulging; its endplates break as a whole."""
    growth = 1 + settings.bulge * fracture.loss
    upper_share = rng.uniform(*settings.upper_share)
    step = _draw_step(rng, settings) if fracture.shape == "wedge" else normal.step
    grown = replace(
        normal,
        half_width=normal.half_width * growth,
        half_depth=normal.half_depth * growth,
        step=step,
        upper_share=upper_share,
        node=None,
    )
    return replace(grown, heights=_fractured_heights(grown, fracture, settings))


def _draw_step(rng: np.random.Generator, settings: FractureSettings) -> Step:
    if rng.random() >= settings.step_chance:
        return Step()
    share, position = rng.uniform(*settings.step_share), rng.uniform(*settings.step_position)
    return Step(share=share, position=position, width=settings.step_width)


def _fractured_heights(shape: BodyShape, fracture: Fracture, settings: FractureSettings) -> Heights:
    before, left = shape.heights, 1 - fracture.loss
    if fracture.shape == "crush":
        return Heights(before.anterior * left, before.middle * left, before.posterior * left)
    lowest = before.posterior * left
    if fracture.shape == "biconcave":
        return Heights(max(before.anterior, lowest), lowest, before.posterior)
    hollow = (before.rim - before.middle) * settings.wedge_concavity
    flat = replace(shape, heights=Heights(lowest, lowest, before.posterior))
    return Heights(lowest, max(flat.central_rim - hollow, lowest), before.posterior)
