"""The part of the spine in which annotations tell whether a located vertebra is false.

Annotations can end before the image does, or leave out a level. A vertebra that is located there may be a real one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import are_neighbours, level_index
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.statistics.roc import BoolArray

HALF_SPACING = 10.0
"""mm from a vertebra's centre to the end of its part of the spine, if no two annotated vertebrae are neighbours. The
shortest spacing, at T1, is 21 mm."""

UP = np.array([0.0, 0.0, 1.0])
"""Direction of the spine if a single vertebra is annotated, LPS."""


def in_annotated_span(points: FloatArray, annotated: Sequence[Vertebra]) -> BoolArray:
    """Whether points lie in the axial extent of the annotated spine.

    It reaches from an annotated vertebra to the next one if they are neighbours, and half of the median spacing beyond
    the others. Points are projected onto the line through the centres, so a point beside the spine is in it too.

    Args:
        points: (points, 3), LPS mm.
        annotated: The annotated vertebrae of the case, in any order, at least one.
    """
    ordered = sorted(annotated, key=lambda row: level_index(row.vertebra))
    line = _Line(np.array([row.centroid for row in ordered]))
    place = line.project(points)
    joined = np.array(
        [are_neighbours(upper.vertebra, lower.vertebra) for upper, lower in pairwise(ordered)], dtype=bool
    )
    reach = float(np.median(np.diff(line.arc)[joined])) / 2 if joined.any() else HALF_SPACING
    near = np.abs(place[:, None] - line.arc).min(axis=1) <= reach
    between = (place[:, None] >= line.arc[:-1][joined]) & (place[:, None] <= line.arc[1:][joined])
    inside: BoolArray = near | between.any(axis=1)
    return inside


class _Line:
    """The line through the centres, straight beyond both ends.

    Args:
        centres: (n, 3), LPS mm, from the head down.

    Attributes:
        arc: (n,), length in mm from the first centre to each.
    """

    def __init__(self, centres: FloatArray) -> None:
        steps = np.diff(centres, axis=0) if len(centres) > 1 else -UP[None]
        self._lengths: FloatArray = np.linalg.norm(steps, axis=1)
        # The step between equal centres has no direction.
        self._directions = steps / np.maximum(self._lengths, np.finfo(np.float32).eps)[:, None]
        self._starts = centres[: len(steps)]
        self.arc: FloatArray = np.concatenate([[0.0], np.cumsum(self._lengths)])[: len(centres)]

    def project(self, points: FloatArray) -> FloatArray:
        """Position (points,) along the line, in mm from the first centre, of the nearest place on it."""
        lowest, highest = np.zeros_like(self._lengths), self._lengths.copy()
        lowest[0], highest[-1] = -np.inf, np.inf
        offsets = points[:, None, :] - self._starts
        along = np.clip(np.einsum("pse,se->ps", offsets, self._directions), lowest, highest)
        apart = np.linalg.norm(offsets - along[..., None] * self._directions, axis=2)
        nearest = apart.argmin(axis=1)
        place: FloatArray = self.arc[nearest] + along[np.arange(len(points)), nearest]
        return place
