"""Surroundings of each vertebra: edge of the scan, neighbours, run of adjacent fractures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import are_neighbours, level_index
from dataset_conversion.spine.vertebra_table import is_fracture
from evaluation.cohort.cases import Case
from evaluation.settings import ScoringSettings
from evaluation.statistics.roc import BoolArray, IntArray


@dataclass(frozen=True)
class VertebraSurroundings:
    """One row per graded vertebra, in the order of `VertebraScores`.

    Attributes:
        shape: (vertebrae,), wedge, biconcave or crush; None if unknown.
        edge: (vertebrae,), whether it is the first or last annotated vertebra of its case, or its centroid lies within
            `edge_distance` of the map's upper or lower border. The detector sees less of the region above or below.
        run_length: (vertebrae,), number of fractures in the run of adjacent ones it belongs to; 0 without a fracture.
        beside_fracture: (vertebrae,), whether the vertebra above or below is fractured.
    """

    shape: tuple[str | None, ...]
    edge: BoolArray
    run_length: IntArray
    beside_fracture: BoolArray


def vertebra_surroundings(
    cases: Sequence[Case], border_distance: Sequence[FloatArray], settings: ScoringSettings
) -> VertebraSurroundings:
    """Describe the graded vertebrae of all cases.

    Args:
        cases: Cases of the cohort.
        border_distance: For each case (graded vertebrae,), mm to the nearer of the map's upper and lower border.
        settings: `fracture_grade` and `edge_distance` are used.
    """
    spines = [_Spine(case, settings.fracture_grade) for case in cases]
    ends = np.array(list(chain.from_iterable(spine.of_graded(spine.is_end()) for spine in spines)), dtype=bool)
    return VertebraSurroundings(
        shape=tuple(vertebra.shape for case in cases for vertebra in case.vertebrae),
        edge=ends | (np.concatenate(border_distance) < settings.edge_distance),
        run_length=np.array(list(chain.from_iterable(spine.of_graded(spine.run_lengths()) for spine in spines))),
        beside_fracture=np.array(
            list(chain.from_iterable(spine.of_graded(spine.beside_fracture()) for spine in spines)), dtype=bool
        ),
    )


class _Spine:
    """The annotated vertebrae of one case from head to sacrum, graded or not.

    Args:
        case: The case.
        fracture_grade: The lowest grade that counts as a fracture.
    """

    def __init__(self, case: Case, fracture_grade: int) -> None:
        annotated = sorted((*case.vertebrae, *case.ungraded), key=lambda row: level_index(row.vertebra))
        self._levels = [row.vertebra for row in annotated]
        self._graded = [row.vertebra for row in case.vertebrae]
        self._fractured = [bool(is_fracture(row.grade, fracture_grade)) for row in annotated]
        self._touching = [are_neighbours(upper, lower) for upper, lower in pairwise(self._levels)]

    def of_graded(self, values: Sequence[int]) -> list[int]:
        """The values of the graded vertebrae, in the order of the table."""
        by_level = dict(zip(self._levels, values, strict=True))
        return [by_level[level] for level in self._graded]

    def is_end(self) -> list[int]:
        last = len(self._levels) - 1
        return [position in (0, last) for position in range(last + 1)]

    def run_lengths(self) -> list[int]:
        runs: list[list[int]] = []
        for position in np.flatnonzero(self._fractured).tolist():
            if runs and runs[-1][-1] == position - 1 and self._touching[position - 1]:
                runs[-1].append(position)
            else:
                runs.append([position])
        lengths = {position: len(run) for run in runs for position in run}
        return [lengths.get(position, 0) for position in range(len(self._levels))]

    def beside_fracture(self) -> list[int]:
        beside = [False] * len(self._levels)
        for upper in np.flatnonzero(self._touching).tolist():
            beside[upper] |= self._fractured[upper + 1]
            beside[upper + 1] |= self._fractured[upper]
        return list(beside)
