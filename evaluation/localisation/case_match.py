"""Located vertebrae matched with the annotated ones of the same case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.localisation.located import LocatedVertebra, centres_of
from evaluation.localisation.matching import UNMATCHED, distances, match_centres
from evaluation.localisation.span import in_annotated_span
from evaluation.settings import ScoringSettings
from evaluation.statistics.roc import BoolArray, IntArray


@dataclass(frozen=True)
class CaseMatch:
    """The located and the annotated vertebrae of one case.

    Attributes:
        match: (annotated,), position of the located vertebra at each annotated one, or `UNMATCHED`. An inserted
            vertebra is matched only with a vertebra that no other is matched with.
        distance: (annotated,), mm between the two; NaN without a match.
        inserted: (located,), whether the map shows no vertebra there.
        in_span: (located,), whether it lies where annotations tell if it is false (`in_annotated_span`).
    """

    match: IntArray
    distance: FloatArray
    inserted: BoolArray
    in_span: BoolArray

    @property
    def owner(self) -> IntArray:
        """(located,), position of the annotated vertebra that each is matched with, or `UNMATCHED`."""
        owner = np.full(len(self.inserted), UNMATCHED)
        matched = np.flatnonzero(self.match != UNMATCHED)
        owner[self.match[matched]] = matched
        return owner

    @property
    def is_false(self) -> BoolArray:
        """(located,), whether it is not inserted and matches none inside the annotated span."""
        false: BoolArray = (self.owner == UNMATCHED) & ~self.inserted & self.in_span
        return false

    @property
    def is_beyond(self) -> BoolArray:
        """(located,), whether it is not inserted and matches none beyond the annotated span."""
        beyond: BoolArray = (self.owner == UNMATCHED) & ~self.inserted & ~self.in_span
        return beyond

    @property
    def detected(self) -> BoolArray:
        """(annotated,), whether each is matched with a located vertebra that is not inserted."""
        detected: BoolArray = self.match != UNMATCHED
        detected[detected] = ~self.inserted[self.match[detected]]
        return detected


def match_case(
    located: Sequence[LocatedVertebra], annotated: Sequence[Vertebra], settings: ScoringSettings
) -> CaseMatch:
    """Match the located vertebrae of a case with the annotated ones, whatever their names.

    Args:
        located: The located vertebrae.
        annotated: The annotated vertebrae, graded or not, at least one.
        settings: `identification_radius` is used.
    """
    centres = centres_of(located)
    truth = np.array([vertebra.centroid for vertebra in annotated])
    inserted = np.array([vertebra.inserted for vertebra in located], dtype=bool)
    match = np.full(len(annotated), UNMATCHED)
    for kind in (~inserted, inserted):
        found = match_centres(centres[kind], truth, settings.identification_radius)
        match = np.where(match == UNMATCHED, np.append(np.flatnonzero(kind), UNMATCHED)[found], match)
    apart = np.append(distances(centres, truth), np.full((len(annotated), 1), np.nan), axis=1)
    return CaseMatch(
        match=match,
        distance=apart[np.arange(len(annotated)), match],
        inserted=inserted,
        in_span=in_annotated_span(centres, annotated),
    )
