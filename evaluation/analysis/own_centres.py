"""Vertebra-level results at the centres that the detector's own maps give.

They stand beside those at the annotated centres, with and without a localisation error. A vertebra that was not found
has no score. It counts with a score of 0, like one that is certainly not fractured, so that missing a fracture lowers
the area under the curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import is_fracture
from evaluation.analysis.locating import LocatedCase
from evaluation.analysis.naming import OwnNames, analyse_names
from evaluation.cohort.cases import Case
from evaluation.detection.detections import CaseDetections
from evaluation.detection.froc import Froc, froc
from evaluation.localisation.case_match import CaseMatch, match_case
from evaluation.localisation.detection_metrics import DetectionMetrics, measure_detection
from evaluation.localisation.located import centres_of
from evaluation.localisation.matching import UNMATCHED, distances
from evaluation.settings import EvaluationSettings, ScoringSettings
from evaluation.statistics.bootstrap import Bootstrap, bootstrap_draws
from evaluation.statistics.comparison import AucDifference, compare_vertebrae
from evaluation.statistics.roc import IntArray, has_both_classes, has_intervals
from evaluation.statistics.scores import CohortScores, VertebraScores, mean_auc
from evaluation.vertebra.cube_side import sides_of_patients


@dataclass(frozen=True)
class OwnCentres:
    """Results at the centres that the maps give.

    Attributes:
        located: (cases,), the located vertebrae of each case.
        located_scores: (cases,), their scores, (located,) each.
        matches: (cases,), which annotated vertebrae they are matched with, graded ones first.
        metrics: How well vertebrae are found, whatever their names.
        names: Their names, and how well these identify the annotated vertebrae.
        vertebrae: Scores (vertebrae, 1) at the located centres; 0 for a vertebra that was not found.
        annotated: Scores (vertebrae, 1) at the annotated centres, without an error.
        auc: AUC at the located centres; None with one class only.
        annotated_auc: AUC at the annotated centres; None likewise.
        bootstrap: Bootstrap of `auc` over patients; None if a class of vertebrae comes from a single patient.
        annotated_bootstrap: Bootstrap of `annotated_auc`; None likewise.
        to_annotated: `auc` less that at the annotated centres, paired; None with one class only.
        to_noised: `auc` less that at the annotated centres with a localisation error, paired; None likewise.
        froc: The free-response curve of the located vertebrae; None without a fracture.
        froc_in_span: The same without those that match none beyond the annotated span, where they may be real.
    """

    located: tuple[LocatedCase, ...]
    located_scores: tuple[FloatArray, ...]
    matches: tuple[CaseMatch, ...]
    metrics: DetectionMetrics
    names: OwnNames
    vertebrae: VertebraScores
    annotated: VertebraScores
    auc: float | None
    annotated_auc: float | None
    bootstrap: Bootstrap | None
    annotated_bootstrap: Bootstrap | None
    to_annotated: AucDifference | None
    to_noised: AucDifference | None
    froc: Froc | None
    froc_in_span: Froc | None


def analyse_own_centres(
    cases: Sequence[Case],
    located: Sequence[LocatedCase],
    scores: CohortScores,
    detections: Sequence[CaseDetections],
    weights: IntArray,
    settings: EvaluationSettings,
) -> OwnCentres:
    """Compute the results at the located centres.

    Args:
        cases: The cases, each with at least one graded vertebra.
        located: The located vertebrae of each case.
        scores: Scores of the cohort at the annotated centres, with the side of the cube that is used for each fold.
        detections: The findings of each case, for what is known of its fractures.
        weights: (replicates, patients), the bootstrap samples.
        settings: The settings of scoring and statistics.
    """
    patient_of = {name: row for row, name in enumerate(scores.patients.patient_id)}
    patient = np.array([patient_of[case.patient_id] for case in cases])
    side = sides_of_patients(scores.patients, scores.cube, settings.sides, settings)[patient]
    at_located = tuple(found.scores[row] for found, row in zip(located, side, strict=True))
    at_annotated = [found.annotated_scores[row] for found, row in zip(located, side, strict=True)]
    matches = tuple(
        match_case(found.vertebrae, case.annotated, settings) for case, found in zip(cases, located, strict=True)
    )
    matched = map(_matched_scores, cases, matches, at_located)
    own = replace(scores.vertebrae, scores=np.concatenate(list(matched))[:, None])
    annotated = replace(scores.vertebrae, scores=np.concatenate(at_annotated)[:, None])
    of_cases = list(zip(cases, located, matches, at_located, detections, strict=True))
    everywhere, in_span = ([_detect(*of_case, settings, span) for of_case in of_cases] for span in (False, True))
    return OwnCentres(
        located=tuple(located),
        located_scores=at_located,
        matches=matches,
        metrics=measure_detection(matches, patient, weights, settings),
        names=analyse_names(cases, located, matches, patient, weights, settings),
        vertebrae=own,
        annotated=annotated,
        auc=mean_auc(own),
        annotated_auc=mean_auc(annotated),
        bootstrap=_bootstrap(own, weights),
        annotated_bootstrap=_bootstrap(annotated, weights),
        to_annotated=_difference(own, annotated),
        to_noised=_difference(own, scores.vertebrae),
        froc=froc(everywhere, scores.patients, weights),
        froc_in_span=froc(in_span, scores.patients, weights),
    )


def _difference(own: VertebraScores, other: VertebraScores) -> AucDifference | None:
    return compare_vertebrae(own, other) if has_both_classes(own.fracture) else None


def _bootstrap(vertebrae: VertebraScores, weights: IntArray) -> Bootstrap | None:
    fracture, patient = vertebrae.fracture, vertebrae.patient
    if not has_both_classes(fracture) or not has_intervals(fracture, patient):
        return None
    return bootstrap_draws(fracture, vertebrae.scores, weights, patient)


def _matched_scores(case: Case, match: CaseMatch, at_located: FloatArray) -> FloatArray:
    """Score (graded vertebrae,) of the located vertebra at each graded one; 0 without one."""
    # The last entry is the score of those without a match, whose position is -1.
    scores: FloatArray = np.append(at_located, 0.0)[match.match[: len(case.vertebrae)]]
    return scores


def _detect(
    case: Case,
    located: LocatedCase,
    match: CaseMatch,
    at_located: FloatArray,
    detections: CaseDetections,
    settings: ScoringSettings,
    in_span: bool,
) -> CaseDetections:
    """The located vertebrae as detections of fractures.

    One that is matched with a fractured vertebra is a hit. All others are false positives, except those at ungraded
    vertebrae and, with `in_span`, those that match none beyond the annotated span.
    """
    graded = len(case.vertebrae)
    fractured = [bool(is_fracture(row.grade, settings.fracture_grade)) for row in case.vertebrae]
    known = np.array([*fractured, *[False] * len(case.ungraded), False])
    hit = known[match.owner]
    apart = distances(centres_of(located.vertebrae), np.array([row.centroid for row in case.annotated]))
    at_ungraded = (apart.argmin(axis=0) >= graded) & (apart.min(axis=0) <= settings.identification_radius)
    of_none = ~at_ungraded & (match.in_span | (not in_span))
    counted = np.where(match.owner == UNMATCHED, of_none, match.owner < graded)
    order = np.argsort(-at_located, kind="stable")
    order = order[counted[order]]
    return replace(detections, score=at_located[order], hit=hit[order])
