import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from evaluation.statistics.bootstrap import draw_patients
from evaluation.statistics.calibration import calibrate


def weights_of(count: int, replicates: int = 20) -> np.ndarray:
    return np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), replicates)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(2, 8))
def test_groups_hold_every_case_once_and_ascend(cases: list[tuple[float, bool]], groups: int) -> None:
    scores = np.array([score for score, _ in cases])
    fracture = np.array([outcome for _, outcome in cases])
    calibration = calibrate(fracture, scores, weights_of(len(cases)), groups)
    assert calibration.n.sum() == len(cases)
    assert len(calibration.n) <= groups
    assert np.all(np.diff(calibration.mean_score) >= 0)
    assert (calibration.n * calibration.fractured).sum() == pytest.approx(fracture.sum())
    assert (calibration.n * calibration.mean_score).sum() == pytest.approx(scores.sum())


def test_brier_score_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    scores = generator.random(200)
    fracture = generator.random(200) < scores
    calibration = calibrate(fracture, scores, weights_of(200, 400), 5)
    assert calibration.brier == pytest.approx(brier_score_loss(fracture, scores))
    assert calibration.brier_ci95 is not None
    assert calibration.brier_ci95[0] < calibration.brier < calibration.brier_ci95[1]
    assert calibration.brier_of_prevalence == pytest.approx(np.var(fracture))
    np.testing.assert_allclose(calibration.n, 40)


def test_calibrated_scores_lie_within_their_intervals() -> None:
    generator = np.random.default_rng(2)
    scores = generator.random(4000)
    fracture = generator.random(4000) < scores
    calibration = calibrate(fracture, scores, weights_of(4000, 200), 4)
    assert calibration.ci95 is not None
    low, high = calibration.ci95
    assert np.all((low < calibration.mean_score) & (calibration.mean_score < high))
    twice = calibrate(fracture, np.sqrt(scores), weights_of(4000, 200), 4)
    assert twice.ci95 is not None
    assert np.any(twice.mean_score > twice.ci95[1])


def test_patients_whose_vertebrae_agree_widen_the_interval() -> None:
    fracture = np.repeat(np.random.default_rng(3).random(40) < 0.5, 10)
    scores = np.full(400, 0.5)
    patient = np.repeat(np.arange(40), 10)
    drawn = draw_patients([str(number) for number in range(40)], np.zeros(40, dtype=bool), 500, 1)
    clustered = calibrate(fracture, scores, drawn[:, patient], 2)
    naive = calibrate(fracture, scores, weights_of(400, 500), 2)
    assert clustered.ci95 is not None
    assert naive.ci95 is not None
    assert np.ptp(clustered.ci95) > 2 * np.ptp(naive.ci95)


def test_equal_scores_stay_together() -> None:
    scores = np.array([0.0] * 5 + [1.0] * 3)
    assert calibrate(scores > 0, scores, weights_of(8), 2).n.tolist() == [5, 3]


def test_there_is_no_interval_with_a_single_patient_of_a_class() -> None:
    fracture = np.array([True, False, False, False])
    scores = np.array([0.8, 0.1, 0.2, 0.3])
    alone = calibrate(fracture, scores, weights_of(4, 100), 2)
    assert (alone.brier_ci95, alone.ci95) == (None, None)
    of_three = np.array([0, 0, 1, 2])
    assert calibrate(np.array([True, True, False, False]), scores, weights_of(4, 100), 2).brier_ci95 is not None
    assert calibrate(np.array([True, True, False, False]), scores, weights_of(4, 100), 2, of_three).brier_ci95 is None
    assert calibrate(np.zeros(4, dtype=bool), scores, weights_of(4, 100), 2).brier_ci95 is not None
