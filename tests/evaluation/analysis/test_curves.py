"""ROC curves, intervals and operating points of drawn scores, compared with scikit-learn and with counting by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from evaluation.analysis.curves import analyse
from evaluation.statistics.bootstrap import RATE_GRID, bootstrap_draws, bootstrap_hull
from evaluation.statistics.hull_decisions import hull_area
from evaluation.statistics.roc import roc_curve, roc_hull
from tests.evaluation.analysis.conftest import PATIENTS, SCORES, SETTINGS, VERTEBRAE, WEIGHTS, both, cohort


def test_every_noise_threshold_has_its_curve_and_the_hull_contains_them() -> None:
    patient, _ = both(analyse(SCORES, WEIGHTS, SETTINGS))
    expected = [roc_auc_score(SCORES.patients.fracture, member) for member in SCORES.patients.scores.T]
    assert [curve.auc for curve in patient.curves] == pytest.approx(expected)
    assert patient.fixed_auc == pytest.approx(expected[1])
    assert patient.hull.auc == roc_hull(patient.curves, SETTINGS.noise_thresholds).auc > max(expected)


def test_vertebra_auc_and_curve_are_means_over_the_draws() -> None:
    _, vertebra = both(analyse(SCORES, WEIGHTS, SETTINGS))
    fracture, draws = SCORES.vertebrae.fracture, SCORES.vertebrae.scores.T
    assert vertebra.auc == pytest.approx(np.mean([roc_auc_score(fracture, draw) for draw in draws]))
    curves = [roc_curve(fracture, draw) for draw in draws]
    at_half = [np.interp(0.5, curve.false_positive_rate, curve.sensitivity) for curve in curves]
    assert vertebra.sensitivity[RATE_GRID == 0.5] == pytest.approx(np.mean(at_half))
    assert (vertebra.sensitivity[-1], len(vertebra.sensitivity)) == (1, RATE_GRID.size)


def test_all_intervals_come_from_the_samples_given() -> None:
    patient, vertebra = both(analyse(SCORES, WEIGHTS, SETTINGS))
    fracture, scores = SCORES.patients.fracture, SCORES.patients.scores
    vertebrae, area = SCORES.vertebrae, hull_area(fracture, scores, patient.hull, SETTINGS.noise_thresholds)
    for found, expected in (
        (patient.bootstrap, bootstrap_hull(fracture, scores, WEIGHTS, area)),
        (patient.fixed_bootstrap, bootstrap_draws(fracture, scores[:, [1]], WEIGHTS)),
        (vertebra.bootstrap, bootstrap_draws(vertebrae.fracture, vertebrae.scores, WEIGHTS, vertebrae.patient)),
    ):
        assert found is not None
        np.testing.assert_array_equal(found.areas, expected.areas)
        assert found.ci95 == expected.ci95 is not None


def test_vertebra_points_of_a_fold_are_chosen_on_the_other_folds() -> None:
    _, vertebra = both(analyse(SCORES, WEIGHTS, SETTINGS))
    assert vertebra.nested_operating_points is not None
    mean_scores, fracture = SCORES.vertebrae.scores.mean(axis=1), SCORES.vertebrae.fracture
    fold_of = np.array([fold for fold in SCORES.patients.fold if fold is not None])[SCORES.vertebrae.patient]
    positive = np.zeros(fracture.size, dtype=bool)
    youden = vertebra.nested_operating_points["youden"]
    for fold in range(3):
        others = fold_of != fold
        curve = roc_curve(fracture[others], mean_scores[others])
        best = np.argmax(np.isclose(gain := curve.sensitivity - curve.false_positive_rate, gain.max(), rtol=0.0))
        assert youden.by_fold[fold].probability_threshold == curve.probability_threshold[best]
        positive |= ~others & (mean_scores >= curve.probability_threshold[best])
    assert youden.sensitivity.count == np.sum(positive & fracture)
    assert youden.specificity.count == np.sum(~positive & ~fracture)


def test_thresholds_of_the_patients_fold_do_not_depend_on_that_fold() -> None:
    before, _ = both(analyse(SCORES, WEIGHTS, SETTINGS))
    in_first = np.array(SCORES.patients.fold) == 0
    changed = SCORES.patients.scores.copy()
    changed[in_first] = np.random.default_rng(3).random((int(in_first.sum()), 3))
    after, _ = both(analyse(replace(SCORES, patients=replace(SCORES.patients, scores=changed)), WEIGHTS, SETTINGS))
    assert before.nested_operating_points is not None
    assert after.nested_operating_points is not None
    for name, point in before.nested_operating_points.items():
        assert after.nested_operating_points[name].by_fold[0] == point.by_fold[0]
    assert before.nested_operating_points != after.nested_operating_points


def test_with_a_single_fold_nothing_is_chosen_on_others() -> None:
    patient, vertebra = both(analyse(cohort(folds=(0,)), WEIGHTS, SETTINGS))
    assert patient.nested is None
    assert patient.nested_operating_points is None
    assert vertebra.nested_operating_points is None
    assert patient.operating_points.keys() == vertebra.operating_points.keys()


def test_maps_without_folds_get_groups_from_the_seed() -> None:
    patient, _ = both(analyse(cohort(folds=(None,)), WEIGHTS, replace(SETTINGS, nested_folds=4)))
    assert patient.nested is not None
    assert sorted(patient.nested.hulls) == [0, 1, 2, 3]


def test_a_level_with_one_outcome_has_no_analysis() -> None:
    patients = replace(SCORES.patients, fracture=np.ones(PATIENTS, dtype=bool))
    found = analyse(replace(SCORES, patients=patients), WEIGHTS, SETTINGS)
    assert found.patient is None
    assert found.vertebra is not None
    vertebrae = replace(SCORES.vertebrae, fracture=np.zeros(PATIENTS * VERTEBRAE, dtype=bool))
    found = analyse(replace(SCORES, vertebrae=vertebrae), WEIGHTS, SETTINGS)
    assert found.patient is not None
    assert found.vertebra is None
