"""How well vertebrae are found, whatever their names.

A vertebra is detected if it meets VerSe's condition (`identification`) apart from its level: a located vertebra lies
within 20 mm, and no other annotated vertebra is nearer to it. Of several, the nearest counts and the others are false.
Recall and precision are VerSe's, with detections in place of identifications.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.localisation.case_match import CaseMatch
from evaluation.localisation.matching import UNMATCHED
from evaluation.settings import ScoringSettings
from evaluation.statistics.ratios import Ratio, mean_over_patients, pooled_ratio
from evaluation.statistics.roc import BoolArray, IntArray


@dataclass(frozen=True)
class DetectionMetrics:
    """How well vertebrae are found in a cohort. Inserted vertebrae are counted apart.

    Attributes:
        detected: Share of the annotated vertebrae that are detected within `identification_radius`.
        near: Share that is detected within `near_radius`.
        error: Mean distance in mm of the detected vertebrae from their annotated centres.
        recall: Mean over the cases of the share of their vertebrae that is detected.
        precision: Mean over the cases with a located vertebra of the share of the located that detect a vertebra. As in
            VerSe, those beyond the annotated span count as well.
        precision_in_span: The same without those that match none beyond the annotated span, where they may be real.
        false: Share of the located vertebrae in the annotated span that match none.
        beyond: Number of located vertebrae beyond the annotated span that match none.
        inserted: Number of inserted vertebrae.
        inserted_at_vertebra: Number of them that are matched with a vertebra that was not detected.
        missed: Number of annotated vertebrae without any match.
    """

    detected: Ratio
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


def measure_detection(
    matches: Sequence[CaseMatch], patient: IntArray, weights: IntArray, settings: ScoringSettings
) -> DetectionMetrics:
    """Collect the metrics of a cohort.

    Args:
        matches: One entry per case.
        patient: (cases,), the patient of each case.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
        settings: `near_radius` is used.
    """
    detected = np.concatenate([match.detected for match in matches])
    distance = np.concatenate([match.distance for match in matches])
    counts = np.array([_counts(match) for match in matches])
    annotated, hits, located, false, beyond, inserted, at_vertebra, missed = counts.T

    def share(chosen: BoolArray) -> Ratio:
        return mean_over_patients(chosen.astype(np.float64), np.repeat(patient, annotated), weights)

    return DetectionMetrics(
        detected=share(detected),
        near=share(detected & (distance <= settings.near_radius)),
        error=mean_over_patients(distance[detected], np.repeat(patient, annotated)[detected], weights),
        recall=mean_per_scan(hits, annotated, patient, weights),
        precision=mean_per_scan(hits, located, patient, weights),
        precision_in_span=mean_per_scan(hits, located - beyond, patient, weights),
        false=pooled_ratio(false, located - beyond, patient, weights),
        beyond=int(beyond.sum()),
        inserted=int(inserted.sum()),
        inserted_at_vertebra=int(at_vertebra.sum()),
        missed=int(missed.sum()),
    )


def mean_per_scan(counts: IntArray, totals: IntArray, patient: IntArray, weights: IntArray) -> Ratio:
    """The mean of counts / totals over the cases whose total is not 0.

    Args:
        counts: (cases,).
        totals: (cases,).
        patient: (cases,), the patient of each case.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
    """
    some = totals > 0
    return mean_over_patients(counts[some] / totals[some], patient[some], weights)


def _counts(match: CaseMatch) -> list[int]:
    """Numbers of annotated, hit, located, false, beyond, inserted, matched inserted, and missed vertebrae of a case."""
    flags = (
        match.detected,
        ~match.inserted,
        match.is_false,
        match.is_beyond,
        match.inserted,
        match.inserted & (match.owner != UNMATCHED),
        match.match == UNMATCHED,
    )
    return [len(match.match), *map(int, map(np.count_nonzero, flags))]
