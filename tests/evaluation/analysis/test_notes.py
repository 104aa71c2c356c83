"""Every number that is absent has its own note with the reason."""

from dataclasses import replace
from typing import Any

import pytest

from evaluation.analysis.curves import analyse
from evaluation.analysis.notes import comparison_notes, curve_notes, secondary_notes
from evaluation.evaluate import evaluate
from evaluation.settings import EvaluationSettings
from evaluation.statistics.calibration import calibrate
from evaluation.statistics.comparison import compare
from tests.evaluation.analysis.conftest import SCORES, SETTINGS, WEIGHTS
from tests.evaluation.conftest import Grades, MakeCohort

BLANK = {
    "froc": "intervals of the free-response curve",
    "patient brier": "interval of the patient-level Brier score",
    "vertebra brier": "interval of the vertebra-level Brier score",
    "patient auc": "patient-level intervals of AUCs and no p values",
    "vertebra auc": "vertebra-level intervals of AUCs and no p values",
}
"""Beginning of the note about each interval, after "There is no" or "There are no"."""


def absent_intervals(summary: dict[str, Any]) -> set[str]:
    """The intervals of results that exist, but that are blank."""
    intervals = {
        "froc": summary["froc"]["mean_sensitivity_ci95"] if summary["froc"] else [],
        "patient brier": summary["calibration"]["patient"]["brier_ci95"],
        "vertebra brier": summary["calibration"]["vertebra"]["brier_ci95"],
        "patient auc": summary["patient"]["auc_hull"] is None or summary["patient"]["auc_hull_bootstrap"]["ci95"],
        "vertebra auc": summary["vertebra"]["auc"] is None or summary["vertebra"]["auc_bootstrap"]["ci95"],
    }
    return {name for name, interval in intervals.items() if interval is None}


@pytest.mark.parametrize(
    ("grades", "absent"),
    [
        ([{"L1": 2, "L2": 0}] * 10 + [{"L1": 0}] * 10, set()),
        ([{"L1": 2, "L2": 0}, {"L1": 2, "L2": 0}, {"L1": 0}, {"L1": 0}], {"patient auc", "vertebra auc"}),
        ([{"L1": 2, "L2": 0}, {"L1": 0}, {"L1": 0}], set(BLANK)),
        ([{"L1": 2}, {"L1": 2}, {"L1": 0}], {"patient brier", "vertebra brier", "patient auc", "vertebra auc"}),
        ([{"L1": 2, "L2": 0}], set(BLANK) - {"patient auc"}),
        ([{"L1": 0}, {"L1": 0}], set()),
        ([{"L1": 0}], {"patient brier", "vertebra brier"}),
    ],
)
def test_each_blank_interval_is_noted_and_no_other(
    make_cohort: MakeCohort, settings: EvaluationSettings, grades: list[Grades], absent: set[str]
) -> None:
    cohort = make_cohort(grades)
    summary = evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    assert absent_intervals(summary) == absent
    noted = {name for name, words in BLANK.items() if [note for note in summary["notes"] if f"no {words}: " in note]}
    assert noted == absent


def test_a_complete_cohort_has_no_note() -> None:
    calibration = {"patient": calibrate(SCORES.patients.fracture, SCORES.patients.scores[:, 1], WEIGHTS, 4)}
    notes = secondary_notes(SCORES, None, calibration)
    assert notes == ["There is no free-response curve: no vertebra is fractured."]
    assert analyse(SCORES, WEIGHTS, SETTINGS).patient is not None


def test_equal_detectors_have_no_interval_of_delong() -> None:
    compared = compare(SCORES, SCORES, SETTINGS)
    assert compared.patient_fixed_delong is not None
    assert compared.patient_fixed_delong.p is None
    (note,) = comparison_notes(compared)
    assert note.startswith("There is no interval and no p value of DeLong for the difference")
    assert comparison_notes(None) == []


def test_scores_of_another_class_are_noted() -> None:
    clear = SCORES.patients.scores + SCORES.patients.fracture[:, None]
    swapped = replace(
        SCORES,
        patients=replace(SCORES.patients, scores=-clear),
        vertebrae=replace(SCORES.vertebrae, scores=-SCORES.vertebrae.scores),
    )
    assert curve_notes(SCORES, analyse(SCORES, WEIGHTS, SETTINGS)) == []
    notes = curve_notes(swapped, analyse(swapped, WEIGHTS, SETTINGS))
    levels = ["patient", "vertebra"]
    assert [note.split(":")[0] for note in notes] == [f"The {level}-level AUC lies below 0.5" for level in levels]
