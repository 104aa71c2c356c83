"""The names of located vertebrae against those of the annotated ones, as in the VerSe challenge.

VerSe (Sekuboyina et al., Med Image Anal 73 (2021) 102166; verse2019.grand-challenge.org/Tasks): a vertebra is
identified if the location predicted for its level lies within 20 mm of it, and no other annotated vertebra is nearer to
that location. The identification rate is the share of all annotated vertebrae that are identified, recall is this share
in one scan, and precision is the share of one scan's predictions that identify a vertebra. A vertebra that is located
but not named identifies none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.localisation.case_match import CaseMatch
from evaluation.localisation.detection_metrics import mean_per_scan
from evaluation.localisation.located import LocatedVertebra, centres_of
from evaluation.localisation.matching import distances, is_nearest
from evaluation.settings import ScoringSettings
from evaluation.statistics.ratios import Ratio, mean_over_patients
from evaluation.statistics.roc import BoolArray, IntArray


@dataclass(frozen=True)
class CaseIdentification:
    """What the names of the located vertebrae of one case are worth.

    Attributes:
        identified: (annotated,), whether each is identified.
        named: (annotated,), whether each is detected and the vertebra located there has a name.
        right: (annotated,), whether that name is its level.
        probable: (annotated,), whether each is detected and the most probable level of the vertebra located there is
            its level.
    """

    identified: BoolArray
    named: BoolArray
    right: BoolArray
    probable: BoolArray


def identify_case(
    located: Sequence[LocatedVertebra],
    annotated: Sequence[Vertebra],
    match: CaseMatch,
    names: Sequence[str | None],
    most_probable: Sequence[str | None],
    settings: ScoringSettings,
) -> CaseIdentification:
    """Compare the names of a case with its annotated levels.

    Args:
        located: The located vertebrae.
        annotated: The annotated vertebrae, graded or not.
        match: Which of them belong together.
        names: (located,), the level of each; None for one without a name.
        most_probable: (located,), the most probable level of each, also of one without a name; None if not known.
        settings: `identification_radius` is used.
    """
    levels = np.array([vertebra.vertebra for vertebra in annotated])
    given, probable = (np.array([level or "" for level in row], dtype=str) for row in (names, most_probable))
    apart = distances(centres_of(located), np.array([vertebra.centroid for vertebra in annotated]))
    is_hit = is_nearest(apart) & (apart <= settings.identification_radius) & ~match.inserted
    # The last entry is the name of those without a match, whose position is -1.
    given_here, probable_here = (np.append(row, "")[match.match] for row in (given, probable))
    return CaseIdentification(
        identified=((levels[:, None] == given) & is_hit).any(axis=1),
        named=match.detected & (given_here != ""),
        right=match.detected & (given_here == levels),
        probable=match.detected & (probable_here == levels),
    )


@dataclass(frozen=True)
class IdentificationMetrics:
    """How well vertebrae are named in a cohort.

    Attributes:
        identified: Share of the annotated vertebrae that is identified, VerSe's identification rate.
        recall: Mean over the cases of the share of their vertebrae that is identified.
        precision: Mean over the cases with a located vertebra of the identified vertebrae relative to the located.
        precision_in_span: The same without those that match none beyond the annotated span, where they may be real.
        named: Share of the detected vertebrae that has a name.
        right: Share of these whose name is right.
        probable: Share of the detected vertebrae whose most probable level is right, whether it is their name or not.
        cases: Number of cases.
        unnamed_cases: Number of cases in which no detected vertebra has a name.
    """

    identified: Ratio
    recall: Ratio
    precision: Ratio
    precision_in_span: Ratio
    named: Ratio
    right: Ratio
    probable: Ratio
    cases: int
    unnamed_cases: int


def measure_identification(
    matches: Sequence[CaseMatch], found: Sequence[CaseIdentification], patient: IntArray, weights: IntArray
) -> IdentificationMetrics:
    """Collect the metrics of a cohort.

    Args:
        matches: One entry per case, at least one.
        found: One entry per case.
        patient: (cases,), the patient of each case.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
    """
    annotated, located, beyond, hits = np.array(
        [
            (len(match.match), (~match.inserted).sum(), match.is_beyond.sum(), case.identified.sum())
            for match, case in zip(matches, found, strict=True)
        ]
    ).T
    owner = np.repeat(patient, annotated)
    detected = np.concatenate([match.detected for match in matches])
    identified, named, right, probable = (
        np.concatenate([getattr(case, name) for case in found]) for name in ("identified", "named", "right", "probable")
    )

    def share(chosen: BoolArray, among: BoolArray) -> Ratio:
        return mean_over_patients(chosen[among].astype(np.float64), owner[among], weights)

    return IdentificationMetrics(
        identified=share(identified, np.ones_like(identified)),
        recall=mean_per_scan(hits, annotated, patient, weights),
        precision=mean_per_scan(hits, located, patient, weights),
        precision_in_span=mean_per_scan(hits, located - beyond, patient, weights),
        named=share(named, detected),
        right=share(right, named),
        probable=share(probable, detected),
        cases=len(found),
        unnamed_cases=sum(not case.named.any() for case in found),
    )
