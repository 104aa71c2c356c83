"""The operating point and the calibration belong to one kind of centres."""

from typing import Any

import pytest

from evaluation.statistics.score_calibration import ScoreCalibration
from vf_nnunet.screening.vertebrae.rule import NO_EVALUATION, VertebraRule, choose_vertebra_rule

LINE = {"slope": 0.8, "intercept": -1.0, "n": 222, "positives": 48}


def kind(threshold: float | None, scores: str, calibration: dict[str, Any] | None = LINE) -> dict[str, Any]:
    points = {"youden": {"probability_threshold": threshold}, "target_sensitivity": {"probability_threshold": 0.1}}
    return {
        "operating_points": points,
        "calibration": calibration,
        "cube_side": 12,
        "sigma_per_side": 0.3,
        "scores": scores,
    }


ANNOTATED = kind(0.4, "annotated centres")
OWN = kind(0.3, "centres located in the maps")


def test_each_kind_has_its_own() -> None:
    evaluated = {"annotated": ANNOTATED, "own": OWN}
    own, annotated = choose_vertebra_rule(evaluated, "own"), choose_vertebra_rule(evaluated, "annotated")
    assert (own.probability_threshold, annotated.probability_threshold) == (0.3, 0.4)
    assert own.source == "youden point of the model's evaluation, of scores at centres located in the maps"
    assert own.calibration == ScoreCalibration(0.8, -1.0, 222, 48)
    assert "48 of 222 vertebrae fractured" in own.calibration_source
    assert (own.cube_side, own.sigma_per_side) == (12, 0.3)
    assert choose_vertebra_rule(evaluated, "own", "target_sensitivity").probability_threshold == 0.1


def test_a_calibration_is_not_used_for_other_centres() -> None:
    rule = choose_vertebra_rule({"annotated": ANNOTATED}, "own")
    assert rule.calibration is None
    assert (
        rule.calibration_source
        == "the evaluation has scores at annotated centres only; expected some at located centres"
    )
    assert rule.fracture_probability(0.9) is None
    assert rule.probability_threshold == 0.4
    assert rule.source.endswith("at annotated centres; it has none at located centres")


def test_the_default_says_so() -> None:
    assert choose_vertebra_rule(None, "own") == VertebraRule()
    assert VertebraRule().calibration_source == NO_EVALUATION
    unusable = choose_vertebra_rule({"own": kind(None, "x")}, "own")
    assert unusable.probability_threshold == 0.5
    assert unusable.source == "default: the evaluation has no youden point of vertebrae at x"
    assert unusable.calibration is not None
    assert choose_vertebra_rule({"own": kind(0.3, "x", None)}, "own").calibration is None


def test_a_given_threshold_comes_first_and_keeps_the_calibration() -> None:
    rule = choose_vertebra_rule({"own": OWN}, "own", None, 0.77)
    assert (rule.probability_threshold, rule.source) == (0.77, "command line")
    assert rule.calibration is not None


def test_a_score_of_1_is_met() -> None:
    assert choose_vertebra_rule({"own": kind(1.0, "x")}, "own").probability_threshold == pytest.approx(1 - 1e-6)
