import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from evaluation.analysis.curves import Analysis, analyse
from evaluation.analysis.scoring import score_cohort
from evaluation.analysis.secondary import Details, analyse_details, summarise_details
from evaluation.cohort.assembly import assemble_cohort
from evaluation.detection.detections import detect
from evaluation.settings import EvaluationSettings
from evaluation.statistics.scores import CohortScores


def details_of(cohort, settings: EvaluationSettings) -> tuple[CohortScores, Analysis, Details]:
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    scores = score_cohort(assembled, settings)
    analysis = analyse(scores, settings)
    found = detect(assembled.cases, settings, {})
    return scores, analysis, analyse_details(assembled, scores, analysis, found, settings)


@pytest.fixture(scope="module")
def mixed(make_shared_cohort: Callable, mixed_grades: list, settings: EvaluationSettings):
    return details_of(make_shared_cohort(mixed_grades), settings)


def test_errors_and_outcomes_agree_with_the_operating_point(mixed) -> None:
    scores, analysis, details = mixed
    point = analysis.vertebra.operating_points["youden"]
    assert details.threshold == point.probability_threshold
    missed = [error for error in details.errors if error.outcome == "FN"]
    assert len(missed) == point.sensitivity.total - point.sensitivity.count
    assert len(details.errors) - len(missed) == point.specificity.total - point.specificity.count
    assert len(details.outcomes) == len(scores.vertebrae.fracture)
    assert sum(outcome in ("FN", "FP") for outcome in details.outcomes) == len(details.errors)


def test_summary_gains_what_json_can_hold(mixed) -> None:
    scores, analysis, details = mixed
    summary = summarise_details({"vertebra": {"auc": 0.5}, "patient": {}}, details, scores, analysis)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["vertebra"]["auc"] == 0.5
    assert set(summary["vertebra"]["by_edge"]) == {"at the scan's edge", "inside"}
    assert summary["froc"]["fractures"] == 6
    assert [row["false_positives_per_scan"] for row in summary["froc"]["sensitivity_at"]] == [
        0.125,
        0.25,
        0.5,
        1,
        2,
        4,
        8,
    ]
    assert summary["errors"]["missed"] + summary["errors"]["false_alarms"] == len(details.errors)
    assert 0 < summary["calibration"]["vertebra"]["brier"] < 1


def test_one_class_has_neither_operating_point_nor_curve(make_cohort: Callable, settings: EvaluationSettings) -> None:
    scores, analysis, details = details_of(make_cohort([{"L1": 0}, {"L1": 0}]), settings)
    assert (details.threshold, details.outcomes, details.errors, details.froc) == (None, (), [], None)
    summary = summarise_details({"vertebra": {}}, details, scores, analysis)
    assert summary["froc"] is None
    assert summary["errors"] is None


def test_threshold_that_calls_nothing_positive(mixed) -> None:
    scores, analysis, details = mixed
    nothing = replace(details, threshold=np.inf, errors=[])
    summary = summarise_details({"vertebra": {}}, nothing, scores, analysis)
    assert summary["errors"]["threshold"] is None
    assert summary["errors"]["false_positives_per_patient"]["max"] == 0
