"""The steps between neighbouring vertebral bodies as they were measured in CTs of recumbent patients.

`measured_steps.json` holds their means and covariances, with their source and licence. Most patients lie on the back;
CT colonography scans them prone as well. A spine is drawn from a multivariate t distribution: its tails hold the bent
spines that a normal distribution would lack.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.phantom.settings.levels import levels_between
from dataset_conversion.phantom.settings.spine import MeasuredCurveSettings, SpineSettings
from dataset_conversion.spine.anatomy import expected_spacing

TABLE_FILE = "measured_steps.json"

STEP_LEVELS = levels_between("C5", "L5")
"""The levels that measured steps connect. The sacrum was not measured."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """The curve of one spine.

    Attributes:
        spacing: (n - 1,) distance between successive bodies in mm.
        scale: Size of the patient's bodies relative to the mean.
        angles: (n, 3) backward lean, lean to the left and axial rotation of each body in degrees.
    """

    spacing: FloatArray
    scale: float
    angles: FloatArray


@dataclass(frozen=True, eq=False)
class StepTable:
    """Distribution of the steps between `STEP_LEVELS`, from the head down.

    Attributes:
        mean: (2 x steps,) of the logarithms of the spacings in mm, then of the tilts in radians. A tilt is positive if
            the lower body lies further back.
        covariance: (2 x steps, 2 x steps) of the same.
        lateral: (steps, steps) covariance of the lateral angles in radians. Their means are 0.
    """

    mean: FloatArray
    covariance: FloatArray
    lateral: FloatArray


@cache
def read_steps() -> StepTable:
    """The distribution that comes with the package."""
    text = files(__package__).joinpath(TABLE_FILE).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    spacing, tilt = np.log(content["spacing_mm"]), np.radians(content["tilt_degrees"])
    return StepTable(
        mean=np.concatenate([spacing, tilt]),
        covariance=_symmetric(content["covariance"]),
        lateral=_symmetric(content["lateral_covariance"]),
    )


def _symmetric(rows: Sequence[Sequence[float]]) -> FloatArray:
    matrix = np.array([[*row, *[0.0] * (len(rows) - len(row))] for row in rows])
    return np.asarray(matrix + np.tril(matrix, -1).T, dtype=np.float64)


def draw_curve(rng: np.random.Generator, levels: Sequence[str], settings: SpineSettings) -> Curve | None:
    """Draw the curve of a spine, or None if the settings do not lay it out by measured steps.

    Args:
        rng: Source of random numbers.
        levels: Successive levels from the head down, of which those above the sacrum are in `STEP_LEVELS`.
        settings: Settings of the spine.
    """
    measured = settings.measured
    if measured is None:
        return None
    spacing, sagittal, coronal = _draw_steps(rng, measured)
    scale = float(np.exp(np.log(spacing).mean() - read_steps().mean[: len(spacing)].mean()))
    kept = [STEP_LEVELS.index(level) for level in levels if level in STEP_LEVELS] or [len(STEP_LEVELS) - 1]
    beyond = sum(level not in STEP_LEVELS for level in levels)
    # The step from L5 to S1 was not measured; L5 leans half-way between the steps above and below it.
    bend = np.array([-settings.sacral_step.draw(rng) / 2, 0.0, 0.0])
    sagittal[-1] += bend[0]
    presacral = np.stack([sagittal, coronal, np.zeros_like(sagittal)], axis=1)[kept[0] : kept[-1] + 1]
    if rng.random() < measured.scoliosis_chance:
        presacral[:, 1:] += _scoliosis(rng, len(presacral), measured)
    presacral[:, :2] = np.clip(presacral[:, :2], -measured.steepest, measured.steepest)
    angles = np.concatenate([presacral, np.repeat(presacral[-1:] + bend, beyond, axis=0)])
    sacral = [expected_spacing(*pair) * scale for pair in pairwise(levels) if pair[1] not in STEP_LEVELS]
    return Curve(
        spacing=np.concatenate([spacing[kept[0] : kept[-1]], sacral]),
        scale=scale * measured.body_scale.draw(rng),
        angles=angles[len(angles) - len(levels) :],
    )


def _draw_steps(rng: np.random.Generator, settings: MeasuredCurveSettings) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Spacings in mm, and the sagittal and coronal lean of each of `STEP_LEVELS` in degrees."""
    table, steps = read_steps(), len(STEP_LEVELS) - 1
    while True:
        values, lateral = (
            rng.multivariate_normal(np.zeros(len(covariance)), covariance, method="cholesky")
            / _tail(rng, settings.degrees_of_freedom)
            for covariance in (table.covariance, table.lateral)
        )
        if abs(float(values[:steps].mean())) <= np.log(settings.largest_scale):
            break
    spacing, tilt = np.exp(table.mean[:steps] + values[:steps]), table.mean[steps:] + values[steps:]
    # An upward step leads forward where the downward step leads backward.
    return spacing, np.degrees(-_at_bodies(tilt)), np.degrees(-_at_bodies(lateral))


def _scoliosis(rng: np.random.Generator, count: int, settings: MeasuredCurveSettings) -> FloatArray:
    """Lean to the left and axial rotation (n, 2) of the bodies of a curve, in degrees."""
    cobb, length = rng.uniform(*settings.cobb_angle) * rng.choice([-1, 1]), rng.uniform(*settings.scoliotic_levels)
    place = (np.arange(count) - rng.uniform(0, count - 1)) / length
    lean = cobb / 2 * np.sin(np.pi * np.clip(place, -0.5, 0.5))
    turn = cobb * settings.rotation_share * np.cos(np.pi * np.clip(place, -0.5, 0.5))
    # The line from the first to the last body keeps its direction.
    return np.stack([lean - lean.mean(), turn], axis=1)


def _tail(rng: np.random.Generator, freedom: float) -> float:
    """The divisor that makes a normal draw one of a t distribution with the same covariance."""
    return float(np.sqrt(rng.chisquare(freedom) / (freedom - 2)))


def _at_bodies(angles: FloatArray) -> FloatArray:
    """The angle at each body: the mean of those of the steps above and below it."""
    around = np.concatenate([angles[:1], angles, angles[-1:]])
    return np.asarray((around[1:] + around[:-1]) / 2, dtype=np.float64)
