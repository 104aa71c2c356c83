from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evaluation.analysis.subgroups import by_grade, by_level, by_region, by_surroundings
from evaluation.statistics.auc_interval import auc_interval
from evaluation.statistics.clustered_auc import clustered_auc
from evaluation.statistics.scores import VertebraScores, mean_auc
from evaluation.vertebra.surroundings import VertebraSurroundings

VERTEBRAE = VertebraScores(
    case_id=("a",) * 6,
    patient=np.zeros(6, dtype=np.int64),
    vertebra=("L1", "T12", "T6", "T13", "L1", "C7"),
    grade=np.array([0, 1, 3, 0, 2, 0]),
    fracture=np.array([False, True, True, False, True, False]),
    scores=np.array([[0.4, 0.1], [0.3, 0.5], [0.9, 0.9], [0.1, 0.2], [0.8, 0.8], [0.2, 0.3]]),
)
SURROUNDINGS = VertebraSurroundings(
    shape=(None, "wedge", "crush", "wedge", None, None),
    edge=np.array([True, True, False, False, False, False]),
    run_length=np.array([0, 3, 1, 0, 4, 0]),
    beside_fracture=np.array([True, True, False, False, False, False]),
)
AT_HALF: Any = SimpleNamespace(operating_points={"youden": SimpleNamespace(probability_threshold=0.4)})


def test_grades_are_compared_with_all_vertebrae_without_fracture() -> None:
    grades = by_grade(VERTEBRAE, None)
    assert list(grades) == ["0", "1", "2", "3"]
    assert grades["0"]["auc"] is None
    # Draw 1: 0.3 beats 0.1 and 0.2 of three; draw 2: 0.5 beats all.
    assert grades["1"]["auc"] == pytest.approx((2 / 3 + 1) / 2)
    assert grades["3"]["auc"] == 1
    assert (grades["0"]["n"], grades["0"]["positives"]) == (3, 0)


def test_grade_below_the_fracture_grade_has_no_auc() -> None:
    vertebrae = replace(VERTEBRAE, fracture=VERTEBRAE.grade >= 2)
    assert by_grade(vertebrae, None)["1"]["auc"] is None
    assert by_grade(vertebrae, None)["1"]["positives"] == 0


def test_an_auc_has_an_interval_over_patients_where_ten_have_each_class() -> None:
    """Twelve patients with a fractured and a normal L1 each, and one of them with two T6."""
    generator = np.random.default_rng(0)
    levels = ("L1", "L1") * 12 + ("T6", "T6")
    fracture = np.array([True, False] * 13)
    scores = generator.normal(size=(26, 3)) + fracture[:, None]
    patient = np.append(np.repeat(np.arange(12), 2), [0, 0])
    vertebrae = VertebraScores(("a",) * 26, patient, levels, fracture.astype(int), fracture, scores)
    groups = by_level(vertebrae, None)
    area = clustered_auc(fracture[:24], scores[:24], patient[:24])
    assert groups["L1"]["auc"] == pytest.approx(area.auc)
    assert groups["L1"]["auc_ci95"] == list(auc_interval(area) or ())
    assert groups["T6"]["auc"] is not None
    assert groups["T6"]["auc_ci95"] is None
    # All vertebrae without a fracture are compared with those of a grade.
    low, high = by_grade(vertebrae, None)["1"]["auc_ci95"]
    assert low < mean_auc(vertebrae) < high
    assert by_grade(vertebrae, None)["0"]["auc_ci95"] is None


def test_levels_run_from_head_to_sacrum() -> None:
    levels = by_level(VERTEBRAE, None)
    assert list(levels) == ["C7", "T6", "T12", "T13", "L1"]
    assert levels["L1"]["auc"] == 1
    assert levels["T12"]["auc"] is None
    assert levels["L1"]["mean_score"] == pytest.approx((0.25 + 0.8) / 2)


def test_regions_sum_to_all_vertebrae() -> None:
    regions = by_region(VERTEBRAE, None)
    assert {name: group["n"] for name, group in regions.items()} == {"C1-C7": 1, "T1-T6": 1, "T7-T13": 2, "L1-L6": 2}


def test_found_and_flagged_are_distinguished() -> None:
    lumbar = by_region(VERTEBRAE, AT_HALF)["L1-L6"]
    assert (lumbar["sensitivity"]["count"], lumbar["sensitivity"]["total"]) == (1, 1)
    assert (lumbar["false_positive_rate"]["count"], lumbar["false_positive_rate"]["total"]) == (0, 1)
    assert by_grade(VERTEBRAE, AT_HALF)["1"]["sensitivity"]["estimate"] == 1.0
    assert by_grade(VERTEBRAE, AT_HALF)["1"]["false_positive_rate"]["estimate"] is None
    assert by_region(VERTEBRAE, None)["L1-L6"]["sensitivity"] is None


def test_surroundings() -> None:
    groups = by_surroundings(VERTEBRAE, AT_HALF, SURROUNDINGS)
    # The shape of a vertebra without a fracture plays no part.
    assert {name: group["n"] for name, group in groups["by_shape"].items()} == {"wedge": 1, "crush": 1, "not given": 1}
    assert {name: group["n"] for name, group in groups["by_run"].items()} == {"single": 1, "run of 3 or more": 2}
    assert groups["by_edge"]["at the scan's edge"]["positives"] == 1
    assert groups["by_edge"]["at the scan's edge"]["auc"] == pytest.approx((0 + 1) / 2)
    assert groups["by_neighbour"]["elsewhere"]["n"] == 4
