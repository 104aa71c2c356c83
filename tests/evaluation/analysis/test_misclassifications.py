import csv
from pathlib import Path

import numpy as np

from evaluation.analysis.misclassifications import (
    Outcome,
    false_positives_per_patient,
    list_misclassifications,
    vertebra_outcomes,
    write_misclassifications,
)
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores
from evaluation.vertebra.surroundings import VertebraSurroundings

SCORES = CohortScores(
    PatientScores(("p", "q"), (("a",), ("b",)), (0, 1), np.array([True, True]), np.array([[0.9], [0.8]])),
    VertebraScores(
        case_id=("a", "a", "a", "b", "b"),
        patient=np.array([0, 0, 0, 1, 1]),
        vertebra=("T12", "L1", "L2", "L1", "L2"),
        grade=np.array([0, 2, 0, 1, 3]),
        fracture=np.array([False, True, False, True, True]),
        scores=np.array([[0.5, 0.9], [0.3, 0.1], [0.5, 0.5], [0.4, 0.4], [0.9, 0.9]]),
    ),
)
SURROUNDINGS = VertebraSurroundings(
    shape=(None, "wedge", None, None, "crush"),
    edge=np.array([True, False, True, True, True]),
    run_length=np.array([0, 1, 0, 2, 2]),
    beside_fracture=np.array([True, False, True, True, True]),
)


def test_mean_score_decides_and_the_threshold_is_met_by_equality() -> None:
    assert vertebra_outcomes(SCORES, 0.5) == ("FP", "FN", "FP", "FN", "TP")
    assert vertebra_outcomes(SCORES, np.inf) == ("TN", "FN", "TN", "FN", "FN")


def test_misses_first_and_the_worst_of_a_kind_first() -> None:
    found = list_misclassifications(SCORES, SURROUNDINGS, 0.5)
    assert [(one.outcome, one.case_id, one.vertebra) for one in found] == [
        (Outcome.FALSE_NEGATIVE, "a", "L1"),
        (Outcome.FALSE_NEGATIVE, "b", "L1"),
        (Outcome.FALSE_POSITIVE, "a", "T12"),
        (Outcome.FALSE_POSITIVE, "a", "L2"),
    ]
    first = found[0]
    assert (first.patient_id, first.grade, first.shape, first.edge, first.run_length) == ("p", 2, "wedge", False, 1)
    assert abs(first.score - 0.2) < 1e-12


def test_false_positives_are_counted_for_every_patient() -> None:
    assert false_positives_per_patient(SCORES, 0.5) == {"mean": 1.0, "max": 2, "patients": {"0": 1, "1": 0, "2": 1}}
    assert false_positives_per_patient(SCORES, 2.0) == {"mean": 0.0, "max": 0, "patients": {"0": 2}}


def test_table(tmp_path: Path) -> None:
    write_misclassifications(tmp_path / "errors.csv", list_misclassifications(SCORES, SURROUNDINGS, 0.5))
    with (tmp_path / "errors.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["outcome"] for row in rows] == ["FN", "FN", "FP", "FP"]
    assert (rows[0]["shape"], rows[1]["shape"], rows[0]["edge"], rows[1]["edge"]) == ("wedge", "", "0", "1")
    write_misclassifications(tmp_path / "none.csv", [])
    assert (tmp_path / "none.csv").read_text().startswith("case_id,patient_id,vertebra,outcome")
