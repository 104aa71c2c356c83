"""The summary holds what the analysis found, in types that JSON has."""

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from evaluation.analysis.curves import Analysis, analyse
from evaluation.analysis.summary import PATIENT_AUCS, summarise
from evaluation.settings import EvaluationSettings
from evaluation.statistics.auc_interval import LEAST_PATIENTS, auc_interval
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.comparison import compare
from evaluation.statistics.scores import CohortScores, CubeChoice
from tests.evaluation.analysis.conftest import PATIENTS, SCORES, SETTINGS, WEIGHTS, both, cohort


def summary_of(scores: CohortScores, settings: EvaluationSettings = SETTINGS, **more: Any) -> dict[str, Any]:
    analysis = analyse(scores, draw_replicates(scores.patients, settings), settings)
    return summarise(scores, analysis, ["case x has no graded vertebra"], settings, **more)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse(SCORES, WEIGHTS, SETTINGS)


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return summary_of(SCORES)


def test_it_survives_json_unchanged(summary: dict[str, Any]) -> None:
    assert json.loads(json.dumps(summary, allow_nan=False)) == {
        **summary,
        "settings": json.loads(json.dumps(summary["settings"])),
    }


def test_patient_numbers_are_those_of_the_analysis(summary: dict[str, Any], analysis: Analysis) -> None:
    found, (patient, _) = summary["patient"], both(analysis)
    assert patient.nested is not None
    assert (found["n"], found["positives"]) == (PATIENTS, PATIENTS // 2)
    assert found["auc_labels"] == PATIENT_AUCS
    assert {name: found[name] for name in PATIENT_AUCS} == {
        "auc_hull": patient.hull.auc,
        "auc_nested": patient.nested.auc,
        "auc_fixed": patient.fixed_auc,
    }
    assert found["auc_by_noise_threshold"] == dict(
        zip(("1", "8", "27"), [curve.auc for curve in patient.curves], strict=True)
    )
    for name, bootstrap in (("auc_hull", patient.bootstrap), ("auc_fixed", patient.fixed_bootstrap)):
        assert bootstrap is not None
        assert bootstrap.ci95 is not None
        expected = {"mean": bootstrap.mean, "sd": bootstrap.sd, "ci95": list(bootstrap.ci95)}
        assert found[f"{name}_bootstrap"] == expected
    assert set(found["nested_hulls"]) == {"0", "1", "2"}
    assert found["auc_nested_ci95"] == list(auc_interval(patient.nested.area) or ())


def test_corners_of_the_hull_carry_both_thresholds(summary: dict[str, Any], analysis: Analysis) -> None:
    corners, (patient, _) = summary["patient"]["hull"], both(analysis)
    assert [corner["sensitivity"] for corner in corners] == patient.hull.sensitivity.tolist()
    # Nobody is positive at the first corner, whose threshold is infinite.
    assert corners[0]["probability_threshold"] is None
    assert [corner["probability_threshold"] for corner in corners[1:]] == patient.hull.probability_threshold[
        1:
    ].tolist()
    assert {corner["noise_threshold"] for corner in corners} <= set(SETTINGS.noise_thresholds)


def test_vertebra_numbers_are_those_of_the_analysis(summary: dict[str, Any], analysis: Analysis) -> None:
    found, (_, vertebra) = summary["vertebra"], both(analysis)
    assert (found["n"], found["positives"], found["auc"]) == (3 * PATIENTS, PATIENTS // 2, vertebra.auc)
    assert vertebra.bootstrap is not None
    assert vertebra.bootstrap.ci95 is not None
    assert found["auc_bootstrap"]["ci95"] == list(vertebra.bootstrap.ci95)
    assert (list(found["by_grade"]), list(found["by_level"])) == (["0", "2"], ["T12", "L1", "L2"])


def test_operating_points_of_both_levels(summary: dict[str, Any], analysis: Analysis) -> None:
    patient, vertebra = both(analysis)
    for level, found in (("patient", patient), ("vertebra", vertebra)):
        assert summary["operating_points"][level]["youden"] == asdict(found.operating_points["youden"])
        assert found.nested_operating_points is not None
        nested = summary["operating_points_nested"][level]["youden"]
        thresholds = found.nested_operating_points["youden"].by_fold
        assert nested["by_fold"] == {str(fold): asdict(chosen) for fold, chosen in thresholds.items()}


def test_settings_are_flat(summary: dict[str, Any]) -> None:
    assert summary["settings"] == asdict(SETTINGS)
    assert len(summary["settings"]) == 32
    assert summary["settings"]["auc_interval"] == "logit_t"
    assert not any(isinstance(value, dict) for value in summary["settings"].values())


def test_complete_cohort_has_no_notes(summary: dict[str, Any]) -> None:
    assert (summary["notes"], summary["comparison"]) == ([], None)
    assert summary["left_out"] == ["case x has no graded vertebra"]
    assert summary["versions"]["numpy"] == np.__version__


def test_comparison_is_included() -> None:
    found = compare(SCORES, SCORES, SETTINGS)
    assert summary_of(SCORES, comparison=found)["comparison"] == asdict(found)


def test_numbers_that_do_not_exist_are_none_and_a_note_says_why() -> None:
    sick = replace(SCORES, patients=replace(SCORES.patients, fracture=np.ones(PATIENTS, dtype=bool)))
    found = summary_of(sick)
    absent = {*PATIENT_AUCS, "auc_nested_ci95", "auc_by_noise_threshold", "hull", "nested_hulls"}
    assert {name for name, value in found["patient"].items() if value is None} == absent
    assert found["patient"]["auc_hull_bootstrap"] == {"mean": None, "sd": None, "ci95": None}
    assert found["operating_points"]["patient"] is found["operating_points_nested"]["patient"] is None
    assert found["notes"] == [
        f"There is no patient-level ROC curve: every patient has a fracture (n = {PATIENTS}); a curve needs both "
        "kinds.",
        "There is no nested operating point at vertebra level: the patients outside each fold must include some with "
        "and some without a fracture.",
    ]


def test_a_single_fold_and_a_cube_without_choice_are_noted() -> None:
    found = summary_of(replace(cohort(folds=(0,)), cube=CubeChoice({}, {10: 0.5, 12: None})))
    assert found["patient"]["auc_nested"] is found["patient"]["nested_hulls"] is None
    assert found["operating_points_nested"] == {"patient": None, "vertebra": None}
    assert found["vertebra"]["cube"] == {"side_by_fold": {}, "auc_by_side": {"10": 0.5, "12": None}}
    assert ["no nested AUC" in found["notes"][0], "side of the cube" in found["notes"][1]] == [True, True]


def test_a_single_patient_of_an_outcome_has_no_interval_and_the_reason_is_given() -> None:
    """Four patients, one of them with a fracture; the bootstrap would give an interval without width."""
    scores = first_patients(4, sick=1)
    found = summary_of(scores)
    assert found["patient"]["auc_hull"] is not None
    for bootstrap in (
        found["patient"]["auc_hull_bootstrap"],
        found["patient"]["auc_fixed_bootstrap"],
        found["vertebra"]["auc_bootstrap"],
    ):
        assert bootstrap == {"mean": None, "sd": None, "ci95": None}
    assert found["notes"][-2:] == [
        "There are no patient-level intervals of AUCs and no p values: 1 patient with a fracture and 3 with none; they "
        "need 10 or more of each, because with fewer they would not hold.",
        "There are no vertebra-level intervals of AUCs and no p values: 1 patient with fractured vertebrae and 4 with "
        "vertebrae without a fracture; they need 10 or more of each, because with fewer they would not hold.",
    ]
    comparison = compare(scores, scores, SETTINGS)
    for difference in asdict(comparison).values():
        assert (difference["ci95"], difference["p"]) == (None, None)


def test_enough_patients_of_each_outcome_have_intervals() -> None:
    for sick, given in ((LEAST_PATIENTS - 1, False), (LEAST_PATIENTS, True)):
        found = summary_of(first_patients(2 * LEAST_PATIENTS, sick))
        hull = found["patient"]["auc_hull_bootstrap"]
        assert (hull["ci95"] is not None) is given
        assert (found["patient"]["auc_nested_ci95"] is None) is (found["patient"]["auc_nested"] is None or not given)
        assert bool([note for note in found["notes"] if "intervals of AUCs" in note]) is not given
        # The paper's numbers need two patients.
        assert hull["mean"] is not None
        assert hull["sd"] > 0


def first_patients(count: int, sick: int) -> CohortScores:
    """A cohort of so many patients, the first of them with a fracture in one of three vertebrae."""
    generator = np.random.default_rng(3)
    fracture = np.zeros((count, 3), dtype=bool)
    fracture[:sick, 1] = True
    patients, vertebrae = SCORES.patients, SCORES.vertebrae
    return CohortScores(
        replace(
            patients,
            patient_id=patients.patient_id[:count],
            case_ids=patients.case_ids[:count],
            fold=(None,) * count,
            fracture=np.asarray(fracture.any(axis=1)),
            scores=generator.random((count, 3)),
        ),
        replace(
            vertebrae,
            case_id=vertebrae.case_id[: 3 * count],
            patient=vertebrae.patient[: 3 * count],
            vertebra=vertebrae.vertebra[: 3 * count],
            grade=2 * fracture.ravel().astype(np.int64),
            fracture=fracture.ravel(),
            scores=generator.random((3 * count, 4)),
        ),
    )
