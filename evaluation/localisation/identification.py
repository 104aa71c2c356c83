"""Located vertebrae against annotated ones, as in the VerSe challenge.

VerSe (Sekuboyina et al., Med Image Anal 73 (2021) 102166; verse2019.grand-challenge.org/Tasks): a vertebra is
identified if the location predicted for its level lies within 20 mm of it, and no other annotated vertebra is nearer to
that location. The identification rate is the share of all annotated vertebrae that are identified, recall is this share
in one scan, and precision is the share of one scan's predictions that identify a vertebra.

Levels are needed for this. Without them a vertebra is detected if a located vertebra meets the same condition apart
from its level; of several, the nearest counts and the others are false. Recall and precision then count detections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.localisation.located import LocatedVertebra
from evaluation.localisation.matching import UNMATCHED, distances, is_nearest, match_centres
from evaluation.localisation.span import in_annotated_span
from evaluation.settings import ScoringSettings
from evaluation.statistics.ratios import Ratio, mean_over_patients, pooled_ratio
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
        identified: (annotated,), whether each is identified; None without names.
    """

    match: IntArray
    distance: FloatArray
    inserted: BoolArray
    in_span: BoolArray
    identified: BoolArray | None

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

    @property
    def hits(self) -> BoolArray:
        """(annotated,), whether each is identified, or without names detected."""
        return self.detected if self.identified is None else self.identified


def match_case(
    located: Sequence[LocatedVertebra],
    annotated: Sequence[Vertebra],
    settings: ScoringSettings,
    names: Sequence[str | None] | None = None,
) -> CaseMatch:
    """Match the located vertebrae of a case with the annotated ones.

    Args:
        located: The located vertebrae.
        annotated: The annotated vertebrae, graded or not, at least one.
        settings: `identification_radius` is used.
        names: The level of each located vertebra, None for one without a name; None if none are named.
    """
    centres = np.array([vertebra.centre for vertebra in located]).reshape(-1, 3)
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
        identified=None if names is None else _identified(apart[:, :-1], inserted, annotated, names, settings),
    )


def _identified(
    apart: FloatArray,
    inserted: BoolArray,
    annotated: Sequence[Vertebra],
    names: Sequence[str | None],
    settings: ScoringSettings,
) -> BoolArray:
    """Which vertebrae (annotated,) are identified, from the distances (annotated, located)."""
    levels = np.array([vertebra.vertebra for vertebra in annotated])
    named = levels[:, None] == np.array([name or "" for name in names])
    hits: BoolArray = (named & is_nearest(apart) & (apart <= settings.identification_radius) & ~inserted).any(axis=1)
    return hits


@dataclass(frozen=True)
class LocalisationMetrics:
    """How well vertebrae are found in a cohort. Inserted vertebrae count only where they are named.

    Attributes:
        detected: Share of the annotated vertebrae that are detected within `identification_radius`.
        identified: Share that is identified; None without names.
        near: Share that is detected within `near_radius`.
        error: Mean distance in mm of the detected vertebrae from their annotated centres.
        recall: Mean over the cases of the share of their vertebrae that is identified, or without names detected.
        precision: Mean over the cases with a located vertebra of the share of the located that identify, or without
            names detect, a vertebra. As in VerSe, those beyond the annotated span count as well.
        precision_in_span: The same without those that match none beyond the annotated span, where they may be real.
        false: Share of the located vertebrae in the annotated span that match none.
        beyond: Number of located vertebrae beyond the annotated span that match none.
        inserted: Number of inserted vertebrae.
        inserted_at_vertebra: Number of them that are matched with a vertebra that was not detected.
        missed: Number of annotated vertebrae without any match.
    """

    detected: Ratio
    identified: Ratio | None
    near: Ratio
    error: Ratio
    recall: Ratio
    precision: Ratio
    precision_in_span: Ratio
    false: Ratio
    beyond: int
    inserted: int
    inserted_at_vertebra: int
    missed: int


def measure_localisation(
    matches: Sequence[CaseMatch], patient: IntArray, weights: IntArray, settings: ScoringSettings
) -> LocalisationMetrics:
    """Collect the metrics of a cohort.

    Args:
        matches: One entry per case, all with names or all without.
        patient: (cases,), the patient of each case.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
        settings: `near_radius` is used.
    """
    detected = np.concatenate([match.detected for match in matches])
    distance = np.concatenate([match.distance for match in matches])
    identified = np.concatenate([match.hits for match in matches])
    counts = np.array([_counts(match) for match in matches])
    annotated, hits, located, false, beyond, inserted, at_vertebra, missed = counts.T
    named = all(match.identified is not None for match in matches)

    def share(chosen: BoolArray) -> Ratio:
        return mean_over_patients(chosen.astype(np.float64), np.repeat(patient, annotated), weights)

    def per_scan(counts: IntArray, totals: IntArray) -> Ratio:
        some = totals > 0
        return mean_over_patients(counts[some] / totals[some], patient[some], weights)

    return LocalisationMetrics(
        detected=share(detected),
        identified=share(identified) if named else None,
        near=share(detected & (distance <= settings.near_radius)),
        error=mean_over_patients(distance[detected], np.repeat(patient, annotated)[detected], weights),
        recall=per_scan(hits, annotated),
        precision=per_scan(hits, located),
        precision_in_span=per_scan(hits, located - beyond),
        false=pooled_ratio(false, located - beyond, patient, weights),
        beyond=int(beyond.sum()),
        inserted=int(inserted.sum()),
        inserted_at_vertebra=int(at_vertebra.sum()),
        missed=int(missed.sum()),
    )


def _counts(match: CaseMatch) -> list[int]:
    """Numbers of annotated, hit, located, false, beyond, inserted, matched inserted, and missed vertebrae of a case."""
    flags = (
        match.hits,
        ~match.inserted,
        match.is_false,
        match.is_beyond,
        match.inserted,
        match.inserted & (match.owner != UNMATCHED),
        match.match == UNMATCHED,
    )
    return [len(match.match), *map(int, map(np.count_nonzero, flags))]
