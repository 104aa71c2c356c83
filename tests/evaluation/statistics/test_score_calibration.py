"""Logistic calibration of scores."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from evaluation.statistics.score_calibration import ScoreCalibration, fit_calibration


def cohort(n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose true log odds are 0.6 times their own, less 1."""
    generator = np.random.default_rng(0)
    scores = generator.beta(0.5, 1.0, n)
    odds = 0.6 * np.log(scores / (1 - scores)) - 1
    return generator.random(n) < 1 / (1 + np.exp(-odds)), scores


def test_the_true_line_is_found() -> None:
    fracture, scores = cohort()
    calibration = fit_calibration(fracture, scores)
    assert calibration is not None
    assert calibration.slope == pytest.approx(0.6, abs=0.05)
    assert calibration.intercept == pytest.approx(-1, abs=0.12)
    assert (calibration.n, calibration.positives) == (4000, fracture.sum())


def test_it_is_a_logistic_regression_on_log_odds() -> None:
    """Platt's targets differ from 0 and 1 by less than a thousandth here."""
    fracture, scores = cohort()
    reference = LogisticRegression(C=1e9, tol=1e-10).fit(np.log(scores / (1 - scores))[:, None], fracture)
    calibration = fit_calibration(fracture, scores)
    assert calibration is not None
    assert calibration.slope == pytest.approx(reference.coef_[0, 0], abs=2e-3)
    assert calibration.intercept == pytest.approx(reference.intercept_[0], abs=2e-3)


def test_draws_of_a_vertebra_weigh_as_one() -> None:
    fracture, scores = cohort(200)
    once, often = fit_calibration(fracture, scores), fit_calibration(fracture, np.repeat(scores[:, None], 20, axis=1))
    assert once is not None
    assert often is not None
    assert often.slope == pytest.approx(once.slope, rel=1e-6)
    assert (often.n, often.positives) == (once.n, once.positives)


def test_probabilities_are_calibrated_in_the_large() -> None:
    fracture, scores = cohort(500)
    calibration = fit_calibration(fracture, scores)
    assert calibration is not None
    assert calibration.probability(scores).mean() == pytest.approx(fracture.mean(), abs=0.005)


def test_separated_classes_give_finite_numbers() -> None:
    calibration = fit_calibration(np.array([False, False, True, True]), np.array([0.0, 0.1, 0.9, 1.0]))
    assert calibration is not None
    assert 0 < calibration.probability(0.0) < calibration.probability(0.5) < calibration.probability(1.0) < 1


@pytest.mark.parametrize(
    ("fracture", "scores"), [([True, True], [0.1, 0.9]), ([False, False], [0.1, 0.9]), ([True, False], [0.1, 0.9])]
)
def test_nothing_is_fitted_without_both_classes_or_with_falling_scores(
    fracture: list[bool], scores: list[float]
) -> None:
    assert fit_calibration(np.array(fracture), np.array(scores)) is None


def test_a_single_score_gives_a_single_probability() -> None:
    probability = ScoreCalibration(1.0, 0.0, 10, 5).probability(0.3)
    assert isinstance(probability, float)
    assert probability == pytest.approx(0.3)
