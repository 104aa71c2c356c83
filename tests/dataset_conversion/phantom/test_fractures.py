"""Which vertebrae are fractured: negatives by block, grades in their bands, clusters."""

import numpy as np
import pytest

from dataset_conversion.phantom.case import CasePlan
from dataset_conversion.phantom.fractures import draw_fractures, is_negative
from dataset_conversion.phantom.settings import FractureSettings

LEVELS = ["T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4"]
BANDS = {1: (0.20, 0.25), 2: (0.25, 0.40), 3: (0.40, 0.60)}


@pytest.mark.parametrize("seed", range(5))
def test_one_case_in_four_is_negative_in_every_block(seed: int) -> None:
    negative = np.array([is_negative(seed, case, FractureSettings()) for case in range(40)])
    assert negative.reshape(-1, 4).sum(axis=1).tolist() == [1] * 10


def test_the_negative_case_moves_from_block_to_block() -> None:
    negative = np.array([is_negative(0, case, FractureSettings()) for case in range(80)])
    assert len(set(negative.reshape(-1, 4).argmax(axis=1))) > 1


def test_a_positive_patient_has_a_fracture_among_the_levels_sure_to_be_seen() -> None:
    for seed in range(100):
        fractures = draw_fractures(np.random.default_rng(seed), LEVELS, 2, FractureSettings())
        assert set(fractures) & set(LEVELS[2:6])


def test_losses_lie_inside_the_grades_bands() -> None:
    rng = np.random.default_rng(0)
    drawn = [f for _ in range(200) for f in draw_fractures(rng, LEVELS, 2, FractureSettings()).values()]
    assert {fracture.grade for fracture in drawn} == {1, 2, 3}
    assert {fracture.shape for fracture in drawn} == {"wedge", "biconcave", "crush"}
    for fracture in drawn:
        low, high = BANDS[fracture.grade]
        assert low < fracture.loss < high


def test_grades_come_in_the_shares_asked_for() -> None:
    rng = np.random.default_rng(0)
    drawn = [f.grade for _ in range(600) for f in draw_fractures(rng, LEVELS, 2, FractureSettings()).values()]
    shares = np.bincount(drawn, minlength=4)[1:] / len(drawn)
    np.testing.assert_allclose(shares, FractureSettings().grade_chance, atol=0.05)


def test_fractures_cluster() -> None:
    rng = np.random.default_rng(0)
    settings = FractureSettings(elsewhere_chance=0.0, neighbour_chance=1.0)
    for _ in range(20):
        places = sorted(LEVELS.index(level) for level in draw_fractures(rng, LEVELS, 2, settings))
        assert np.diff(places).tolist() == [1] * (len(places) - 1)
        assert len(places) in (2, 3)


def test_a_cohort_has_the_base_rates_of_the_field(plans: list[CasePlan]) -> None:
    rows = [plan.rows() for plan in plans]
    grades = np.array([row.grade for case in rows for row in case])
    assert np.mean(grades > 0) == pytest.approx(0.21, abs=0.04)
    negatives = [all(row.grade == 0 for row in case) for case in rows]
    assert sum(negatives) == len(plans) // 4
    assert sum(negatives[:20]) == 5
