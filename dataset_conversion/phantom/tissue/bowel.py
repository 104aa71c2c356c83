"""Loops of bowel and the colon. Gas rises to the front, as the patient lies on the back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.shapes.frames import Point
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.shapes.noise import SmoothNoise
from dataset_conversion.phantom.shapes.painting import blend, coverage
from dataset_conversion.phantom.shapes.rods import Rod, union_depth
from dataset_conversion.phantom.tissue.chest import Diaphragm
from dataset_conversion.phantom.tissue.organs import room


@dataclass(frozen=True)
class Loop:
    """A piece of bowel.

    Attributes:
        rods: Its shape.
        wall: Density of its wall in HU.
        content: Density of its content in HU.
        gas_before: The y in front of which it contains gas.
        stool: Whether its content is stool, which is mixed with gas.
    """

    rods: Sequence[Rod]
    wall: float
    content: float
    gas_before: float
    stool: bool


def paint_bowel(volume: Array, rng: np.random.Generator, phantom: Phantom, diaphragm: Diaphragm) -> None:
    """Paint loops at random positions in the abdomen, and the colon over them."""
    stool = SmoothNoise(rng, phantom.grid, phantom.settings.organs.stool_length)
    for loop in (*_loops(rng, phantom), *_colon(rng, phantom)):
        _paint(volume, phantom, loop, stool, diaphragm)


def _paint(volume: Array, phantom: Phantom, loop: Loop, stool: SmoothNoise, diaphragm: Diaphragm) -> None:
    settings, edge = phantom.settings.organs, phantom.grid.edge
    box, depth = union_depth(phantom.grid, loop.rods)
    if depth.size == 0:
        return
    depth = np.minimum(depth, room(phantom, box, diaphragm, abdominal=True))
    blend(volume, box, coverage(depth, edge), loop.wall)
    inside = depth - np.float32(settings.loop_wall)
    blend(volume, box, coverage(inside, edge), loop.content)
    if loop.stool:
        bubbles = np.clip(2 * (stool.at(box) - settings.stool_gas), 0, 1)
        blend(volume, box, coverage(inside, edge) * bubbles, settings.gas)
    above = np.float32(loop.gas_before) - phantom.grid.points(box)[1]
    blend(volume, box, coverage(np.minimum(inside, above), edge), settings.gas)


def _loops(rng: np.random.Generator, phantom: Phantom) -> Iterator[Loop]:
    settings, torso = phantom.settings.organs, phantom.torso
    upper, lower = (phantom.levels.z[level] for level in settings.loop_levels)
    for _ in range(settings.loops):
        z = rng.uniform(lower, upper)
        front = float(torso.back_at(z)) - 2 * torso.half_depth
        spine = _front_of_spine(phantom, z)
        centre = np.array([torso.x + rng.uniform(-0.7, 0.7) * torso.half_width, rng.uniform(front, spine), z])
        radius = rng.uniform(*settings.loop_radius)
        direction = rng.normal(size=3)
        half = direction / np.linalg.norm(direction) * rng.uniform(*settings.loop_length) / 2
        bend = rng.uniform(-1, 1, size=3) * radius
        rods = [Rod(centre - half, centre + bend, radius), Rod(centre + bend, centre + half, radius)]
        yield _filled(rng, phantom, rods, stool=False)


def _front_of_spine(phantom: Phantom, z: float) -> float:
    nearest = min(phantom.bodies, key=lambda body: abs(float(body.origin[2]) - z))
    return float(nearest.origin[1]) - nearest.normal.half_depth


def _filled(rng: np.random.Generator, phantom: Phantom, rods: Sequence[Rod], stool: bool) -> Loop:
    settings = phantom.settings.organs
    middle = float(np.mean([(rod.start[1] + rod.end[1]) / 2 for rod in rods]))
    gas = stool or rng.random() < settings.gas_chance
    level = middle - rng.uniform(*settings.gas_level) * rods[0].radius
    return Loop(
        rods=rods,
        wall=rng.uniform(*settings.loop_wall_density),
        content=rng.uniform(*(settings.stool if stool else settings.content)),
        gas_before=level if gas else -np.inf,
        stool=stool,
    )


def _colon(rng: np.random.Generator, phantom: Phantom) -> Iterator[Loop]:
    """Ascending, transverse and descending colon."""
    settings, torso = phantom.settings.organs, phantom.torso
    upper, lower = (phantom.middle(level) for level in settings.colon_levels)
    inset = torso.subcutaneous + torso.wall + settings.colon_inset
    side = np.array([0.93 * torso.half_width - inset, 0.0, 0.0])
    corner = np.array([torso.x, upper[1] - 5.0, upper[2]])
    bottom = np.array([torso.x, lower[1] - 25.0, lower[2]])
    front = (
        np.array([torso.x, float(torso.back_at(upper[2])) - 2 * torso.half_depth + inset, upper[2]])
        + settings.colon_transverse
    )
    for line in ((bottom - side, corner - side), (corner - side, front, corner + side), (corner + side, bottom + side)):
        yield _filled(rng, phantom, _pouches(rng, phantom, line), stool=True)


def _pouches(rng: np.random.Generator, phantom: Phantom, line: Sequence[Point]) -> list[Rod]:
    """Short rods of different radii along a line, which together form a tube with bulges."""
    settings = phantom.settings.organs
    rods = []
    for start, end in pairwise(line):
        count = max(int(np.linalg.norm(end - start) / settings.colon_step), 1)
        for share in (np.arange(count) + 0.5) / count:
            centre = start + share * (end - start) + rng.normal(0, settings.colon_wander, size=3)
            half = (end - start) / count / 3
            rods.append(Rod(centre - half, centre + half, rng.uniform(*settings.colon_radius)))
    return rods
