"""Layout of a spine: its vertebral bodies along its curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dataset_conversion.phantom.anatomy.body_shape import normal_shape
from dataset_conversion.phantom.anatomy.canal import canal_size
from dataset_conversion.phantom.anatomy.discs import Disc, beside_discs, draw_discs, narrowed
from dataset_conversion.phantom.anatomy.fractures import Fracture, draw_fracture, fractured_shape
from dataset_conversion.phantom.anatomy.measured_steps import STEP_LEVELS, Curve, draw_curve
from dataset_conversion.phantom.anatomy.normal_variants import vary_normals
from dataset_conversion.phantom.anatomy.posterior_variants import PosteriorVariant, draw_variants
from dataset_conversion.phantom.anatomy.sacral_bodies import level_sacrum, sacral_spacings, with_sacrum
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.settings.levels import PHANTOM_LEVELS
from dataset_conversion.phantom.settings.spine import FractureSettings, SpineSettings
from dataset_conversion.phantom.shapes.frames import Frame, Point, frame_from_angles
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape
from dataset_conversion.spine.anatomy import body_size, expected_spacing
from dataset_conversion.spine.levels import level_index


@dataclass(frozen=True)
class Composition:
    """What a case shows: its levels from the head down, and the Genant grade of those that are fractured."""

    levels: tuple[str, ...]
    grades: Mapping[str, int]


@dataclass(frozen=True)
class Body:
    """A vertebral body.

    Attributes:
        level: Its level.
        origin: The middle of its rim (x, y, z) in field coordinates: LPS mm from the first voxel.
        frame: Its axes.
        shape: Its shape.
        normal: Its shape before the fracture; the same as `shape` if there is none.
        fracture: Its fracture, if any.
        discs: Thickness of the discs above and below in mm.
        posterior: How its posterior elements differ from those of others, if they are drawn as solids.
        beside: The discs above and below, if the discs of the cohort differ.
    """

    level: str
    origin: Point
    frame: Frame
    shape: BodyShape
    normal: BodyShape
    fracture: Fracture | None
    discs: tuple[float, float]
    posterior: PosteriorVariant | None = None
    beside: tuple[Disc, Disc] | None = None

    @property
    def centroid(self) -> Point:
        """Centre of the body: midway between its walls and between the centres of its endplates."""
        return self.origin + self.frame.to_world(0.0, 0.0, self.shape.middle_offset)

    @property
    def canal_centre(self) -> Point:
        """Centre of the spinal canal behind the body, in its own axes."""
        return self.origin + self.frame.to_world(0.0, self.normal.half_depth + canal_size(self.level)[1] / 2, 0.0)

    @property
    def sacral(self) -> bool:
        """Whether it belongs to the sacrum."""
        return self.level.startswith("S")


def draw_spine(rng: np.random.Generator, composition: Composition, settings: PhantomSettings) -> list[Body]:
    """Draw the bodies of one case, from the head down.

    They include `levels_beyond` bodies outside the field of view at each end. The origin of the first is 0.
    """
    levels = _laid_out(composition.levels, settings.spine)
    # Children of the generator, so that what they draw changes nothing else.
    of_curve, of_posterior, of_discs, of_shape, of_sacrum = rng.spawn(5)
    curve = draw_curve(of_curve, levels, settings.spine)
    scale = settings.spine.body_scale.draw(rng) if curve is None else curve.scale
    normals = [normal_shape(rng, body_size(level), scale, settings.shape) for level in levels]
    normals = vary_normals(of_shape, levels, normals, settings.shape.variants)
    normals = with_sacrum(of_sacrum, levels, normals, scale, settings.pelvic_bones)
    fractures, shapes = _fracture(rng, dict(zip(levels, normals, strict=True)), composition.grades, settings.fracture)
    spacings, angles = _laid_along(rng, levels, scale, curve, settings.spine)
    spacings = sacral_spacings(of_sacrum, levels, normals, spacings, settings.pelvic_bones)
    angles = level_sacrum(levels, angles, settings.pelvic_bones)
    discs = _discs(spacings, normals, settings.spine)
    between = None
    if settings.discs is not None:
        between = draw_discs(of_discs, levels, settings.discs)
        discs = narrowed(discs, between[:-1], normals, angles[:, 0].tolist(), settings.discs.least_gap)
        shapes = beside_discs(of_discs, shapes, between)
    frames = _frames(angles, shapes, [level in fractures for level in levels], settings.spine)
    around = [discs[0], *discs, discs[-1]]
    variants = draw_variants(of_posterior, levels, settings.posterior)
    beside: Sequence[tuple[Disc, Disc] | None] = [None] * len(levels)
    if between is not None:
        beside = list(pairwise([between[0], *between]))
    bodies = [
        Body(level, origin, frame, shape, normal, fractures.get(level), above_below, variant, of_body)
        for level, origin, frame, shape, normal, above_below, variant, of_body in zip(
            levels,
            _stack(shapes, discs, frames),
            frames,
            shapes,
            normals,
            pairwise(around),
            variants,
            beside,
            strict=True,
        )
    ]
    return _with_canal_lines(bodies)


def _fracture(
    rng: np.random.Generator, normals: Mapping[str, BodyShape], grades: Mapping[str, int], settings: FractureSettings
) -> tuple[dict[str, Fracture], list[BodyShape]]:
    """Fractures by level, and the shapes of all bodies after them."""
    fractures = {level: draw_fracture(rng, grades[level], settings) for level in normals if level in grades}
    shapes = [
        fractured_shape(rng, normal, fractures[level], settings) if level in fractures else normal
        for level, normal in normals.items()
    ]
    return fractures, shapes


def _laid_along(
    rng: np.random.Generator, levels: Sequence[str], scale: float, curve: Curve | None, settings: SpineSettings
) -> tuple[Point, Point]:
    """Spacings (n - 1) in mm and angles (n, 3) in degrees: those of a measured curve, or drawn without one."""
    if curve is not None:
        return curve.spacing, curve.angles
    spacings = np.array(_draw_spacings(rng, levels, scale, settings))
    return spacings, _draw_angles(rng, levels, settings)


def _with_canal_lines(bodies: Sequence[Body]) -> list[Body]:
    """The bodies, those with solid posterior elements with the canal behind them and their neighbours."""
    centres = [body.canal_centre for body in bodies]
    beside = [centres[max(place - 1, 0) : place + 2] for place in range(len(bodies))]
    return [
        body
        if body.posterior is None
        else replace(
            body,
            posterior=replace(body.posterior, canal=tuple(tuple((centre - body.origin).tolist()) for centre in line)),
        )
        for body, line in zip(bodies, beside, strict=True)
    ]


def _laid_out(shown: Sequence[str], settings: SpineSettings) -> tuple[str, ...]:
    """The levels shown and `levels_beyond` more at each end, but none below S2 or above those that were measured."""
    start, stop = PHANTOM_LEVELS.index(shown[0]) - settings.levels_beyond, PHANTOM_LEVELS.index(shown[-1]) + 1
    highest = 0 if settings.measured is None else PHANTOM_LEVELS.index(STEP_LEVELS[0])
    return PHANTOM_LEVELS[max(start, highest) : stop + settings.levels_beyond]


def _draw_spacings(
    rng: np.random.Generator, levels: Sequence[str], scale: float, settings: SpineSettings
) -> list[float]:
    """Distances between successive bodies before any fracture."""
    return [
        expected_spacing(upper, lower) * scale * settings.spacing_variation.draw(rng)
        for upper, lower in pairwise(levels)
    ]


def _discs(spacings: Iterable[float], normals: Sequence[BodyShape], settings: SpineSettings) -> list[float]:
    """Thickness of each disc: the spacing less the heights before any fracture."""
    return [
        max(float(spacing) - (above.heights.rim + below.heights.rim) / 2, settings.smallest_disc)
        for spacing, (above, below) in zip(spacings, pairwise(normals), strict=True)
    ]


def _draw_angles(rng: np.random.Generator, levels: Sequence[str], settings: SpineSettings) -> Point:
    """Backward lean, lean to the left and axial rotation (n, 3) of each body in degrees, before any fracture."""
    sagittal = _sagittal_angles(rng, levels, settings)
    pitch = settings.pitch.draw(rng)
    amplitude, wavelength = settings.lateral_amplitude.draw(rng), rng.uniform(*settings.lateral_wavelength)
    depths = np.cumsum([0.0, *(expected_spacing(upper, lower) for upper, lower in pairwise(levels))])
    phase = 2 * np.pi * (rng.random() - depths / wavelength)
    coronal = np.degrees(np.arctan(amplitude * 2 * np.pi / wavelength * np.cos(phase)))
    axial = settings.axial_rotation.draw(rng) * np.sin(phase)
    return np.stack([sagittal + (pitch - sagittal.mean()), coronal, axial], axis=1)


def _frames(
    angles: Point, shapes: Sequence[BodyShape], fractured: Sequence[bool], settings: SpineSettings
) -> list[Frame]:
    """Frames of the bodies. Wedges bend the spine, and keep its mean lean."""
    wedges = [_wedge_angle(shape) if bent else 0.0 for shape, bent in zip(shapes, fractured, strict=True)]
    # Half of a wedge's angle lies above the middle of its body and half below.
    bend = settings.wedge_kyphosis_share * (np.cumsum(wedges) - np.array(wedges) / 2)
    bend -= bend.mean()
    return [
        frame_from_angles(sagittal + more, coronal, axial)
        for (sagittal, coronal, axial), more in zip(angles, bend, strict=True)
    ]


def _sagittal_angles(rng: np.random.Generator, levels: Sequence[str], settings: SpineSettings) -> Point:
    """Backward lean of each body in degrees. It increases down a kyphosis and decreases down a lordosis."""
    knots = [level_index(settings.kyphosis_end), level_index(settings.lordosis_start)]
    rates = [settings.kyphosis.draw(rng), -settings.lordosis.draw(rng)]
    steps = np.interp([level_index(level) for level in levels], knots, rates)
    sacral = {"S1": -settings.sacral_step.draw(rng), "S2": 0.0}
    return np.cumsum([sacral.get(level, step) for level, step in zip(levels, steps, strict=True)])


def _wedge_angle(shape: BodyShape) -> float:
    lost = shape.heights.posterior - shape.heights.anterior
    return float(np.degrees(np.arctan2(lost, 2 * shape.half_depth)))


def _stack(shapes: Sequence[BodyShape], discs: Sequence[float], frames: Sequence[Frame]) -> Point:
    """Origins (n, 3) of the bodies, each placed below the one above it; the first at 0."""
    origins = [np.zeros(3)]
    for (above, below), disc, (upper, lower) in zip(pairwise(shapes), discs, pairwise(frames), strict=True):
        direction = upper.up + lower.up
        distance = disc + (above.heights.rim + below.heights.rim) / 2
        origins.append(origins[-1] - direction / np.linalg.norm(direction) * distance)
    return np.array(origins)
