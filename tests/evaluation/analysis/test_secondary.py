import json
from dataclasses import replace

import numpy as np
import pytest

from evaluation.analysis.curves import Analysis
from evaluation.analysis.secondary import SecondaryAnalyses, summarise_secondary
from evaluation.cohort.cases import EvaluationCohort
from evaluation.settings import EvaluationSettings
from evaluation.statistics.scores import CohortScores
from tests.evaluation.conftest import Grades, MakeCohort, analyse_all

Analysed = tuple[EvaluationCohort, CohortScores, Analysis, SecondaryAnalyses]


@pytest.fixture(scope="module")
def mixed(make_shared_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings) -> Analysed:
    return analyse_all(make_shared_cohort(mixed_grades), settings)


def test_misclassifications_and_outcomes_agree_with_the_operating_point(mixed: Analysed) -> None:
    _, scores, analysis, secondary = mixed
    assert analysis.vertebra is not None
    point = analysis.vertebra.operating_points["youden"]
    assert secondary.threshold == point.probability_threshold
    missed = [one for one in secondary.misclassifications if one.outcome == "FN"]
    assert len(missed) == point.sensitivity.total - point.sensitivity.count
    assert len(secondary.misclassifications) - len(missed) == point.specificity.total - point.specificity.count
    assert len(secondary.outcomes) == len(scores.vertebrae.fracture)
    assert sum(outcome in ("FN", "FP") for outcome in secondary.outcomes) == len(secondary.misclassifications)


def test_summary_gets_values_that_json_can_hold(mixed: Analysed) -> None:
    _, scores, analysis, secondary = mixed
    summary = summarise_secondary({"vertebra": {"auc": 0.5}, "patient": {}}, secondary, scores, analysis)
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
    assert summary["errors"]["missed"] + summary["errors"]["false_alarms"] == len(secondary.misclassifications)
    assert 0 < summary["calibration"]["vertebra"]["brier"] < 1


def test_one_class_has_neither_operating_point_nor_curve(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    _, scores, analysis, secondary = analyse_all(make_cohort([{"L1": 0}, {"L1": 0}]), settings)
    assert (secondary.threshold, secondary.outcomes, secondary.misclassifications, secondary.froc) == (
        None,
        (),
        [],
        None,
    )
    summary = summarise_secondary({"vertebra": {}}, secondary, scores, analysis)
    assert summary["froc"] is None
    assert summary["errors"] is None


def test_threshold_at_which_no_vertebra_is_positive(mixed: Analysed) -> None:
    _, scores, analysis, secondary = mixed
    nothing = replace(secondary, threshold=np.inf, misclassifications=[])
    summary = summarise_secondary({"vertebra": {}}, nothing, scores, analysis)
    assert summary["errors"]["threshold"] is None
    assert summary["errors"]["false_positives_per_patient"]["max"] == 0
