import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from evaluation.statistics.auc_interval import auc_interval
from evaluation.statistics.bootstrap import RATE_GRID, bootstrap_draws, bootstrap_hull, draw_patients, weighted_curves
from evaluation.statistics.clustered_auc import clustered_auc
from evaluation.statistics.hull_decisions import hull_area
from evaluation.statistics.roc import roc_curve, roc_hull

GENERATOR = np.random.default_rng(4)
FRACTURE = np.arange(30) % 3 > 0
SCORES = np.round(np.clip(GENERATOR.normal(0.3 + 0.3 * FRACTURE[:, None], 0.2, (30, 4)), 0, 1), 1)
NAMES = [f"patient{number:02d}" for number in range(30)]


def test_strata_keep_their_numbers() -> None:
    weights = draw_patients(NAMES, FRACTURE, 200, seed=1)
    assert (weights[:, FRACTURE].sum(axis=1) == 20).all()
    assert (weights[:, ~FRACTURE].sum(axis=1) == 10).all()
    assert weights.std(axis=0).min() > 0.5


def test_order_of_the_patients_does_not_matter_and_the_seed_does() -> None:
    order = np.random.default_rng(0).permutation(30)
    weights = draw_patients(NAMES, FRACTURE, 20, seed=1)
    shuffled = draw_patients([NAMES[i] for i in order], FRACTURE[order], 20, seed=1)
    np.testing.assert_array_equal(weights[:, order], shuffled)
    assert not np.array_equal(weights, draw_patients(NAMES, FRACTURE, 20, seed=2))


def test_weighted_curves_equal_curves_of_repeated_cases() -> None:
    weights = draw_patients(NAMES, FRACTURE, 25, seed=1)
    rates, sensitivities = weighted_curves(FRACTURE, SCORES[:, 0], weights)
    for weight, rate, sensitivity in zip(weights, rates, sensitivities, strict=True):
        repeated = np.repeat(FRACTURE, weight), np.repeat(SCORES[:, 0], weight)
        assert np.trapezoid(sensitivity, rate) == pytest.approx(roc_auc_score(*repeated))
        expected = sklearn_roc_curve(*repeated, drop_intermediate=False)
        assert set(zip(expected[0].round(9), expected[1].round(9), strict=True)) == set(
            zip(rate.round(9), sensitivity.round(9), strict=True)
        )


def test_hull_is_rebuilt_in_each_replicate() -> None:
    weights = draw_patients(NAMES, FRACTURE, 40, seed=1)
    expected = []
    for weight in weights:
        fracture = np.repeat(FRACTURE, weight)
        curves = [roc_curve(fracture, np.repeat(member, weight)) for member in SCORES.T]
        expected.append(roc_hull(curves, [1, 8, 27, 64]).auc)
    hull = roc_hull([roc_curve(FRACTURE, member) for member in SCORES.T], [1, 8, 27, 64])
    area = hull_area(FRACTURE, SCORES, hull, (1, 8, 27, 64))
    found = bootstrap_hull(FRACTURE, SCORES, weights, area)
    assert found.mean == pytest.approx(np.mean(expected))
    assert found.sd == pytest.approx(np.std(expected, ddof=1))
    np.testing.assert_allclose(found.areas, expected)
    assert found.ci95 == auc_interval(area)
    assert found.band.shape == (2, RATE_GRID.size)
    assert (found.band[0] <= found.band[1]).all()


def test_vertebrae_are_resampled_as_whole_patients_and_averaged_over_draws() -> None:
    patient = np.repeat(np.arange(10), 3)
    has_fracture = np.array([FRACTURE[patient == p].any() for p in range(10)])
    weights = draw_patients(NAMES[:10], has_fracture, 30, seed=1)
    expected = [
        np.mean([roc_auc_score(np.repeat(FRACTURE, w), np.repeat(draw, w)) for draw in SCORES.T])
        for w in weights[:, patient]
    ]
    found = bootstrap_draws(FRACTURE, SCORES, weights, patient)
    assert found.ci95 == auc_interval(clustered_auc(FRACTURE, SCORES, patient))
    assert found.mean == pytest.approx(np.mean(expected))
    assert found.sd == pytest.approx(np.std(expected, ddof=1))


def test_replicates_without_one_class_of_vertebrae_are_left_out() -> None:
    fracture = np.array([True, False, True])
    weights = np.array([[1, 1, 1], [1, 0, 1], [1, 2, 0]])
    found = bootstrap_draws(fracture, np.array([[0.9], [0.5], [0.1]]), weights)
    assert found.mean == pytest.approx((0.5 + 1.0) / 2)


def test_vertebrae_of_a_patient_that_agree_widen_the_interval() -> None:
    generator = np.random.default_rng(0)
    patient = np.repeat(np.arange(40), 8)
    fracture = np.repeat(np.arange(40) % 2 == 0, 8)
    scores = (0.4 * fracture + np.repeat(generator.normal(0, 0.4, 40), 8))[:, None]
    clustered = draw_patients([f"{p:02d}" for p in range(40)], np.arange(40) % 2 == 0, 300, seed=1)
    independent = draw_patients([f"{v:03d}" for v in range(320)], fracture, 300, seed=1)
    by_patient, by_vertebra = (
        bootstrap_draws(fracture, scores, clustered, patient),
        bootstrap_draws(fracture, scores, independent),
    )
    assert by_patient.sd > 2 * by_vertebra.sd
    assert by_patient.ci95 is not None
    assert by_vertebra.ci95 is not None
    assert np.ptp(by_patient.ci95) > 2 * np.ptp(by_vertebra.ci95)
