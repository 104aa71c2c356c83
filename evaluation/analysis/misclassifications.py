"""Where the detector fails at one threshold of the vertebra's score: each error, and how they fall on the patients."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.files import write_csv
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.surroundings import VertebraContext


class Outcome(StrEnum):
    """What a threshold makes of a vertebra."""

    TRUE_POSITIVE = "TP"
    FALSE_POSITIVE = "FP"
    FALSE_NEGATIVE = "FN"
    TRUE_NEGATIVE = "TN"


@dataclass(frozen=True)
class VertebraError:
    """A vertebra on the wrong side of the threshold.

    Attributes:
        case_id: The case.
        patient_id: The patient.
        vertebra: The level.
        outcome: FN for a fracture that is missed, FP for a false alarm.
        grade: Genant grade.
        shape: wedge, biconcave, crush, or None.
        score: Mean score over the draws.
        threshold: What the score is compared with.
        edge: Whether it lies at the scan's edge.
        run_length: Number of contiguous fractures it belongs to, 0 for a false alarm.
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
    """The outcome of each vertebra when a mean score of at least `threshold` is called a fracture."""
    vertebrae = scores.vertebrae
    positive = vertebrae.scores.mean(axis=1) >= threshold
    names = {
        (True, True): Outcome.TRUE_POSITIVE,
        (False, True): Outcome.FALSE_POSITIVE,
        (True, False): Outcome.FALSE_NEGATIVE,
        (False, False): Outcome.TRUE_NEGATIVE,
    }
    return tuple(names[pair] for pair in zip(vertebrae.fracture.tolist(), positive.tolist(), strict=True))


def list_errors(scores: CohortScores, context: VertebraContext, threshold: float) -> list[VertebraError]:
    """Every error, misses first, and of either kind the one furthest from the threshold first."""
    vertebrae = scores.vertebrae
    mean_scores = vertebrae.scores.mean(axis=1)
    errors = [
        VertebraError(
            case_id=vertebrae.case_id[row],
            patient_id=scores.patients.patient_id[int(vertebrae.patient[row])],
            vertebra=vertebrae.vertebra[row],
            outcome=outcome,
            grade=int(vertebrae.grade[row]),
            shape=context.shape[row],
            score=float(mean_scores[row]),
            threshold=threshold,
            edge=bool(context.edge[row]),
            run_length=int(context.run_length[row]),
            beside_fracture=bool(context.beside_fracture[row]),
        )
        for row, outcome in enumerate(vertebra_outcomes(scores, threshold))
        if outcome in (Outcome.FALSE_NEGATIVE, Outcome.FALSE_POSITIVE)
    ]
    return sorted(errors, key=lambda error: (error.outcome, -abs(error.score - threshold), error.case_id))


def false_positives_per_patient(scores: CohortScores, threshold: float) -> dict[str, Any]:
    """How the false alarms at vertebrae fall on the patients.

    Returns:
        `mean` and `max` a patient, and `patients`, the number of patients with 0, 1, 2, ... of them.
    """
    wrong = np.array([outcome is Outcome.FALSE_POSITIVE for outcome in vertebra_outcomes(scores, threshold)])
    each = np.bincount(scores.vertebrae.patient[wrong], minlength=len(scores.patients.patient_id))
    patients = Counter(each.tolist())
    return {
        "mean": float(each.mean()),
        "max": int(each.max()),
        "patients": {str(count): patients[count] for count in range(int(each.max()) + 1)},
    }


def write_errors(path: Path, errors: list[VertebraError]) -> None:
    """Write the errors as a CSV table; without any it has a header only."""
    rows = ([int(value) if isinstance(value, bool) else value for value in astuple(error)] for error in errors)
    write_csv(path, [field.name for field in fields(VertebraError)], rows)
