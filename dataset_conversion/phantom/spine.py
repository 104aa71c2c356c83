"""What is where in one case: the bodies of a spine, laid out along its curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dataset_conversion.anatomy import LEVELS, SUPERNUMERARY_LEVELS, body_size, expected_spacing, level_index
from dataset_conversion.phantom.body import BodyShape
from dataset_conversion.phantom.fractures import Fracture, draw_fractures
from dataset_conversion.phantom.frames import Frame, Point, frame_from_angles
from dataset_conversion.phantom.heights import fractured_shape, normal_shape
from dataset_conversion.phantom.settings import PhantomSettings, SpineSettings

LOWEST_LEVEL = "S1"


@dataclass(frozen=True)
class Body:
    """A vertebral body: its level, form and place (`origin` in field mm (x, y, z), the first voxel being 0).

    `normal` is the form before the fracture, the same as `shape` when there is none. `discs` are the thicknesses
    of the discs above and below.
    """

    level: str
    origin: Point
    frame: Frame
    shape: BodyShape
    normal: BodyShape
    fracture: Fracture | None
    discs: tuple[float, float]

    @property
    def centroid(self) -> Point:
        """Centre of the body as drawn: half-way between its walls and between its endplates' centres."""
        return self.origin + self.frame.to_world(0.0, 0.0, self.shape.middle_offset)


def draw_spine(rng: np.random.Generator, negative: bool, settings: PhantomSettings) -> list[Body]:
    """The bodies of one case from the top down, also those beyond the field's borders."""
    levels, first = _draw_levels(rng, settings.spine)
    scale = settings.spine.body_scale.draw(rng)
    normals = [normal_shape(rng, body_size(level), scale, settings.shape) for level in levels]
    fractures = {} if negative else draw_fractures(rng, levels[: len(levels) - 1], first, settings.fracture)
    shapes = [
        fractured_shape(rng, normal, fractures[level], settings.fracture) if level in fractures else normal
        for level, normal in zip(levels, normals, strict=True)
    ]
    discs = _draw_discs(rng, levels, normals, scale, settings.spine)
    frames = _draw_frames(rng, levels, shapes, fractures, settings.spine)
    origins = _place(_stack(shapes, discs, frames), levels, first, rng, settings)
    around = [discs[0], *discs, discs[-1]]
    return [
        Body(level, origin, frame, shape, normal, fractures.get(level), above_below)
        for level, origin, frame, shape, normal, above_below in zip(
            levels, origins, frames, shapes, normals, pairwise(around), strict=True
        )
    ]


def _draw_levels(rng: np.random.Generator, settings: SpineSettings) -> tuple[list[str], int]:
    """All levels laid out and the index of the first one whose centroid is in the field."""
    regular = [level for level in LEVELS if level not in SUPERNUMERARY_LEVELS]
    start = regular.index(str(rng.choice(settings.first_levels))) - settings.levels_beyond
    return regular[start : regular.index(LOWEST_LEVEL) + 1], settings.levels_beyond


def _draw_discs(
    rng: np.random.Generator,
    levels: Sequence[str],
    normals: Sequence[BodyShape],
    scale: float,
    settings: SpineSettings,
) -> list[float]:
    """Thickness of each disc: what the unfractured bodies leave of the expected spacing."""
    discs = []
    for (upper, lower), (above, below) in zip(pairwise(levels), pairwise(normals), strict=True):
        spacing = expected_spacing(upper, lower) * scale * settings.spacing_variation.draw(rng)
        discs.append(max(spacing - (above.heights.rim + below.heights.rim) / 2, settings.smallest_disc))
    return discs


def _draw_frames(
    rng: np.random.Generator,
    levels: Sequence[str],
    shapes: Sequence[BodyShape],
    fractures: dict[str, Fracture],
    settings: SpineSettings,
) -> list[Frame]:
    sagittal = _sagittal_angles(rng, levels, settings)
    wedges = [_wedge_angle(shape) if level in fractures else 0.0 for level, shape in zip(levels, shapes, strict=True)]
    # Half of a wedge's angle lies above the middle of its body, half below.
    sagittal += settings.wedge_kyphosis_share * (np.cumsum(wedges) - np.array(wedges) / 2)
    sagittal += settings.pitch.draw(rng) - sagittal.mean()
    amplitude, wavelength = settings.lateral_amplitude.draw(rng), rng.uniform(*settings.lateral_wavelength)
    depths = np.cumsum([0.0, *(expected_spacing(upper, lower) for upper, lower in pairwise(levels))])
    phase = 2 * np.pi * (rng.random() - depths / wavelength)
    coronal = np.degrees(np.arctan(amplitude * 2 * np.pi / wavelength * np.cos(phase)))
    axial = settings.axial_rotation.draw(rng) * np.sin(phase)
    return [frame_from_angles(*angles) for angles in zip(sagittal, coronal, axial, strict=True)]


def _sagittal_angles(rng: np.random.Generator, levels: Sequence[str], settings: SpineSettings) -> Point:
    """Backward lean of each body in degrees: it grows down a kyphosis and falls down a lordosis."""
    knots = [level_index(settings.kyphosis_end), level_index(settings.lordosis_start)]
    rates = [settings.kyphosis.draw(rng), -settings.lordosis.draw(rng)]
    return np.cumsum(np.interp([level_index(level) for level in levels], knots, rates))


def _wedge_angle(shape: BodyShape) -> float:
    lost = shape.heights.posterior - shape.heights.anterior
    return float(np.degrees(np.arctan2(lost, 2 * shape.half_depth)))


def _stack(shapes: Sequence[BodyShape], discs: Sequence[float], frames: Sequence[Frame]) -> Point:
    """Origins (n, 3) of the bodies, each hung below the one above it; the first at 0."""
    origins = [np.zeros(3)]
    for (above, below), disc, (upper, lower) in zip(pairwise(shapes), discs, pairwise(frames), strict=True):
        direction = upper.up + lower.up
        distance = disc + (above.heights.rim + below.heights.rim) / 2
        origins.append(origins[-1] - direction / np.linalg.norm(direction) * distance)
    return np.array(origins)


def _place(
    origins: Point, levels: Sequence[str], first: int, rng: np.random.Generator, settings: PhantomSettings
) -> Point:
    """Move the spine into the field: the first centroid below the upper border, no sacral centroid inside."""
    size_z, size_y, size_x = settings.field_of_view.size
    gap = expected_spacing(levels[first - 1], levels[first]) * rng.uniform(*settings.spine.first_centroid_share)
    shift_z = size_z - gap - origins[first, 2]
    sacrum = origins[levels.index(LOWEST_LEVEL), 2]
    shift_z = min(shift_z, -settings.spine.smallest_disc - sacrum)
    heights = origins[:, 2] + shift_z
    inside = (heights > 0) & (heights < size_z)
    middle = origins[inside].mean(axis=0)
    x = size_x / 2 + rng.uniform(*settings.spine.lateral_offset)
    y = size_y * rng.uniform(*settings.spine.body_position)
    moved: Point = origins + np.array([x - middle[0], y - middle[1], shift_z])
    return moved
