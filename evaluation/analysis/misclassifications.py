"""The vertebrae that one threshold of the score misclassifies, and their distribution over the patients."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.files import write_csv
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.surroundings import VertebraSurroundings


class Outcome(StrEnum):
    """Classification of a vertebra at a threshold, against its annotation."""

    TRUE_POSITIVE = "TP"
    FALSE_POSITIVE = "FP"
    FALSE_NEGATIVE = "FN"
    TRUE_NEGATIVE = "TN"


@dataclass(frozen=True)
class Misclassification:
    """A vertebra on the wrong side of the threshold.

    Attributes:
        case_id: The case.
        patient_id: The patient.
        vertebra: The level.
        outcome: FN for a missed fracture, FP for a false alarm.
        grade: Genant grade.
        shape: wedge, biconcave, crush, or None.
        score: Mean score over the draws.
        threshold: The threshold.
        edge: Whether it lies at the scan's edge.
        run_length: Number of fractures in the run of adjacent ones it belongs to; 0 for a false alarm.
        beside_fracture: Whether a neighbour is fractured.
    """

    case_id: str
    patient_id: str
    vertebra: str
    outcome: Outcome
    grade: int
    shape: str | None
    score: float
    threshold: float
    edge: bool
    run_length: int
    beside_fracture: bool


def vertebra_outcomes(scores: CohortScores, threshold: float) -> tuple[Outcome, ...]:
    """The outcome of each vertebra if a mean score of at least `threshold` counts as a fracture."""
    vertebrae = scores.vertebrae
    positive = vertebrae.scores.mean(axis=1) >= threshold
    names = {
        (True, True): Outcome.TRUE_POSITIVE,
        (False, True): Outcome.FALSE_POSITIVE,
        (True, False): Outcome.FALSE_NEGATIVE,
        (False, False): Outcome.TRUE_NEGATIVE,
    }
    return tuple(names[pair] for pair in zip(vertebrae.fracture.tolist(), positive.tolist(), strict=True))


def list_misclassifications(
    scores: CohortScores, surroundings: VertebraSurroundings, threshold: float
) -> list[Misclassification]:
    """All misclassified vertebrae: missed fractures first, each kind in order of distance from the threshold."""
    vertebrae = scores.vertebrae
    mean_scores = vertebrae.scores.mean(axis=1)
    misclassified = [
        Misclassification(
            case_id=vertebrae.case_id[row],
            patient_id=scores.patients.patient_id[int(vertebrae.patient[row])],
            vertebra=vertebrae.vertebra[row],
            outcome=outcome,
            grade=int(vertebrae.grade[row]),
            shape=surroundings.shape[row],
            score=float(mean_scores[row]),
            threshold=threshold,
            edge=bool(surroundings.edge[row]),
            run_length=int(surroundings.run_length[row]),
            beside_fracture=bool(surroundings.beside_fracture[row]),
        )
        for row, outcome in enumerate(vertebra_outcomes(scores, threshold))
        if outcome in (Outcome.FALSE_NEGATIVE, Outcome.FALSE_POSITIVE)
    ]
    return sorted(misclassified, key=lambda one: (one.outcome, -abs(one.score - threshold), one.case_id))


def false_positives_per_patient(scores: CohortScores, threshold: float) -> dict[str, Any]:
    """Count the vertebrae with a false alarm in each patient.

    Returns:
        `mean` and `max` per patient, and `patients`: the number of patients with 0, 1, 2, ... false alarms.
    """
    wrong = np.array([outcome is Outcome.FALSE_POSITIVE for outcome in vertebra_outcomes(scores, threshold)])
    counts = np.bincount(scores.vertebrae.patient[wrong], minlength=len(scores.patients.patient_id))
    patients = Counter(counts.tolist())
    return {
        "mean": float(counts.mean()),
        "max": int(counts.max()),
        "patients": {str(count): patients[count] for count in range(int(counts.max()) + 1)},
    }


def write_misclassifications(path: Path, misclassifications: list[Misclassification]) -> None:
    """Write a CSV table with one row per misclassified vertebra; without any it has a header only."""
    rows = (
        [int(value) if isinstance(value, bool) else value for value in astuple(misclassified)]
        for misclassified in misclassifications
    )
    write_csv(path, [field.name for field in fields(Misclassification)], rows)
