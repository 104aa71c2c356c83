"""The best chain of vertebrae through peaks: a dynamic programme over pairs of successive peaks.

A chain's score is the sum of its peaks' heights, less the costs of its bends, of different spacings in succession, and
of the vertebrae that are missing between two peaks. Bends and ratios of spacings concern three successive peaks, so
the states of the programme are pairs: the best chain that ends with a pair does not depend on what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import FloatArray
from evaluation.localisation.peaks import Peaks
from evaluation.localisation.settings import LocalisationSettings

IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Link:
    """A peak of the chain.

    Attributes:
        peak: Its number.
        missed: Number of vertebrae that are missing between it and the next peak; 0 for the last.
    """

    peak: int
    missed: int


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of peaks that can follow each other, with the number of vertebrae missing between them.

    Attributes:
        upper: (pairs,), number of the upper peak.
        lower: (pairs,), number of the lower peak.
        missed: (pairs,), vertebrae between them.
        sagittal: (pairs,), angle in degrees of the step down in the sagittal plane, to the back.
        lateral: (pairs,), angle in degrees of the step down out of the sagittal plane, to the left.
        log_spacing: (pairs,), logarithm of the distance per vertebra in mm.
    """

    upper: IntArray
    lower: IntArray
    missed: IntArray
    sagittal: FloatArray
    lateral: FloatArray
    log_spacing: FloatArray


def best_chain(peaks: Peaks, settings: LocalisationSettings) -> list[Link]:
    """The chain with the highest score, from the top down; empty if none reaches `least_score`.

    Args:
        peaks: The peaks, from the top down.
        settings: The limits and weights.
    """
    gain = np.log(peaks.height / settings.even_height)
    if not len(gain):
        return []
    pairs = _pairs_of(peaks, settings)
    score, before = _best_scores(pairs, gain, settings)
    if max(gain.max(), score.max(initial=-np.inf)) < settings.least_score:
        return []
    lone = int(np.argmax(gain))
    if score.max(initial=-np.inf) <= gain[lone]:
        return [Link(lone, 0)]
    pair = int(np.argmax(score))
    links = [Link(int(pairs.lower[pair]), 0)]
    while pair >= 0:
        links.append(Link(int(pairs.upper[pair]), int(pairs.missed[pair])))
        pair = int(before[pair])
    return links[::-1]


def _pairs_of(peaks: Peaks, settings: LocalisationSettings) -> _Pairs:
    """All pairs within the limits of spacing and tilt, ordered by their lower and then by their upper peak."""
    offset = peaks.position[:, None] - peaks.position  # from the column's peak to the row's
    distance = np.linalg.norm(offset, axis=2)
    steep = -offset[..., 2] >= distance * np.cos(np.radians(settings.most_tilt))
    parts = []
    for missed in range(settings.most_missed + 1):
        spacing = distance / (missed + 1)
        possible = steep & (spacing >= settings.least_spacing) & (spacing <= settings.most_spacing)
        lower, upper = np.nonzero(possible)
        parts.append(np.stack([lower, upper, np.full_like(lower, missed)]))
    lower, upper, missed_of = np.concatenate(parts, axis=1)
    order = np.lexsort((missed_of, upper, lower))
    lower, upper, missed_of = lower[order], upper[order], missed_of[order]
    length = distance[lower, upper]
    x, y, z = (offset[lower, upper] / length[:, None]).T
    sagittal, lateral = np.degrees(np.arctan2(y, -z)), np.degrees(np.arcsin(np.clip(x, -1.0, 1.0)))
    return _Pairs(upper, lower, missed_of, sagittal, lateral, np.log(length / (missed_of + 1)))


def _best_scores(pairs: _Pairs, gain: FloatArray, settings: LocalisationSettings) -> tuple[FloatArray, IntArray]:
    """For each pair, the score of the best chain that ends with it, and the pair before it (-1: none)."""
    own = gain[pairs.lower] - settings.missed_cost * pairs.missed
    score = own + gain[pairs.upper]
    before = np.full(len(own), -1)
    by_upper = np.argsort(pairs.upper, kind="stable")
    upper_sorted = pairs.upper[by_upper]
    # From the top down, so that every pair that ends with a peak is final before those that begin with it.
    for peak in range(len(gain)):
        above = np.arange(*np.searchsorted(pairs.lower, [peak, peak + 1]))
        below = by_upper[slice(*np.searchsorted(upper_sorted, [peak, peak + 1]))]
        if above.size and below.size:
            joined = score[above] - _cost_of_joints(pairs, above, below, settings)
            best = joined.argmax(axis=1)
            total = joined[np.arange(len(below)), best] + own[below]
            better = total > score[below]
            score[below[better]] = total[better]
            before[below[better]] = above[best[better]]
    return score, before


def _cost_of_joints(pairs: _Pairs, above: IntArray, below: IntArray, settings: LocalisationSettings) -> FloatArray:
    """Cost (below, above) of the bend and of the change of spacing at the peak where two pairs meet."""
    lordosis = _change(pairs.sagittal, above, below) - settings.sagittal_bend
    costs = (
        (lordosis, settings.sagittal_deviation),
        (_change(pairs.lateral, above, below), settings.lateral_deviation),
        (_change(pairs.log_spacing, above, below), settings.spacing_deviation),
    )
    cost = sum(0.5 * (change / deviation) ** 2 for change, deviation in costs)
    return np.asarray(np.minimum(cost, settings.most_joint_cost))


def _change(values: FloatArray, above: IntArray, below: IntArray) -> FloatArray:
    """Change (below, above) of a pair's value at the peak where two pairs meet."""
    changes: FloatArray = values[below][:, None] - values[above]
    return changes
