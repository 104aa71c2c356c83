"""How likely a chain is if its first vertebra is a given level: the density of its steps for each placement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import lgamma, log, pi

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dataset_conversion.spine.geometry import FloatArray
from evaluation.naming.anatomies import Anatomy
from evaluation.naming.steps import Steps
from evaluation.naming.structures import Structure

_LATERAL_FREEDOM = 4.0
"""Degrees of freedom of the lateral angle: a scoliosis is not rare."""


@dataclass(frozen=True, eq=False)
class _ExpectedSteps:
    """The distribution of the steps of a chain, log spacings and then tilts, for each level of its first vertebra.

    Attributes:
        mean: (placements, 2 steps).
        precision: (placements, 2 steps, 2 steps), the inverse of the covariance.
        log_determinant: (placements,) of the covariance.
    """

    mean: FloatArray
    precision: FloatArray
    log_determinant: FloatArray


def log_densities(steps: Steps, structure: Structure, anatomy: Anatomy, freedom: float) -> FloatArray:
    """Log density of spacings and tilts for each level of the first vertebra.

    The steps of a person have a multivariate t distribution, in which the person's scale, slope and curvature are
    integrated out. A step across missed vertebrae is the sum of their steps, to first order.

    Args:
        steps: Steps between the kept centres.
        structure: Which centres are kept, and the levels between them.
        anatomy: Levels and their steps.
        freedom: Degrees of freedom of the t distribution.

    Returns:
        (levels - span,) for the first levels at which the chain fits into the anatomy; empty if it fits nowhere.
    """
    expected = _expected_steps(structure.offsets, anatomy)
    if not len(steps.tilt) or not len(expected.mean):
        return np.zeros(len(expected.mean))
    observed = np.concatenate([steps.log_spacing, steps.tilt])
    deviation = observed - expected.mean
    # As matrix products, because einsum would search for their order anew each time.
    squared = (deviation[:, None] @ expected.precision @ deviation[:, :, None])[:, 0, 0]
    size = len(observed)
    constant = lgamma((freedom + size) / 2) - lgamma(freedom / 2) - size / 2 * log(freedom * pi)
    tails = (freedom + size) / 2 * np.log1p(squared / freedom)
    return np.asarray(constant - expected.log_determinant / 2 - tails)


def log_lateral_density(steps: Steps, scale: float) -> float:
    """Log density of the lateral angles, which do not depend on the level."""
    freedom = _LATERAL_FREEDOM
    constant = lgamma((freedom + 1) / 2) - lgamma(freedom / 2) - log(freedom * pi) / 2 - log(scale)
    tails = np.log1p((steps.lateral / scale) ** 2 / freedom)
    return float(len(steps.lateral) * constant - (freedom + 1) / 2 * tails.sum())


@lru_cache(maxsize=1024)
def _expected_steps(offsets: tuple[int, ...], anatomy: Anatomy) -> _ExpectedSteps:
    """The expected steps of a chain for each level of its first vertebra."""
    span = offsets[-1]
    placements = max(len(anatomy.levels) - span, 0)
    if not placements or not span:
        return _ExpectedSteps(np.empty((placements, 0)), np.empty((placements, 0, 0)), np.zeros(placements))
    ends, rows = np.asarray(offsets), np.arange(span)
    joined = (ends[:-1, np.newaxis] <= rows) & (rows < ends[1:, np.newaxis])  # (steps, levels)
    shares = joined * sliding_window_view(anatomy.spacing, span)[:, np.newaxis, :]  # (placements, steps, levels)
    spacing = shares.sum(axis=2)
    shares = shares / spacing[:, :, np.newaxis]
    tilt = np.einsum("psl,pl->ps", shares, sliding_window_view(anatomy.tilt, span))
    windows = [anatomy.covariance[:, :, first : first + span, first : first + span] for first in range(placements)]
    mixed = shares[:, None, None] @ np.stack(windows) @ shares.transpose(0, 2, 1)[:, None, None]
    size = 2 * len(joined)
    covariance = mixed.transpose(0, 1, 3, 2, 4).reshape(placements, size, size)
    _, log_determinant = np.linalg.slogdet(covariance)
    return _ExpectedSteps(np.hstack([np.log(spacing), tilt]), np.linalg.inv(covariance), log_determinant)
