"""One-to-one matching of located and annotated vertebral centres."""

from __future__ import annotations

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.statistics.roc import BoolArray, IntArray

UNMATCHED = -1
"""Stands for the partner of a vertebra that has none."""


def distances(located: FloatArray, annotated: FloatArray) -> FloatArray:
    """Distance in mm between each pair, (annotated, located), of centres (n, 3) in LPS mm."""
    apart: FloatArray = np.linalg.norm(annotated.reshape(-1, 1, 3) - located.reshape(1, -1, 3), axis=2)
    return apart


def match_centres(located: FloatArray, annotated: FloatArray, radius: float) -> IntArray:
    """Match each annotated vertebra with the nearest located one that has no other annotated vertebra nearer to it.

    This is VerSe's condition without the names. Neighbours lie little further apart than the radius, so a matching that
    only sought pairs within it would take a second peak of one vertebra for the next one. A located vertebra can match
    only one annotated vertebra, so this is also the assignment with the least sum of distances.

    Args:
        located: Centres (located, 3), LPS mm.
        annotated: Centres (annotated, 3), LPS mm.
        radius: Largest distance in mm of a match.

    Returns:
        (annotated,), the position of the located vertebra that each is matched with, or `UNMATCHED`.
    """
    if not len(located) or not len(annotated):
        return np.full(len(annotated), UNMATCHED)
    apart = distances(located, annotated)
    possible = np.where(is_nearest(apart) & (apart <= radius), apart, np.inf)
    return np.where(np.isfinite(possible.min(axis=1)), possible.argmin(axis=1), UNMATCHED)


def is_nearest(apart: FloatArray) -> BoolArray:
    """Whether an annotated vertebra is the one nearest to a located one, from the distances (annotated, located)."""
    nearest = np.zeros(apart.shape, dtype=bool)
    nearest[apart.argmin(axis=0), np.arange(apart.shape[1])] = True
    return nearest
