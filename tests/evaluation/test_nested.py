import numpy as np
import pytest

from evaluation.nested import auc_nested, patient_groups
from evaluation.roc import roc_curve
from evaluation.scores import PatientScores
from evaluation.settings import EvaluationSettings

SETTINGS = EvaluationSettings(noise_thresholds=(1, 125), nested_folds=3)


def patients(fracture: list[bool], scores: np.ndarray, folds: list[int | None]) -> PatientScores:
    names = tuple(f"p{number:02d}" for number in range(len(fracture)))
    return PatientScores(names, tuple((name,) for name in names), tuple(folds), np.array(fracture), scores)


def test_held_out_fold_has_no_part_in_the_choice() -> None:
    fracture = [True, False, True, False]
    # In fold 0 only the first member is right, in fold 1 only the second: each fold gets the other's choice.
    scores = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.8, 0.2]])
    nested = auc_nested(patients(fracture, scores, [0, 0, 1, 1]), SETTINGS)
    assert nested is not None
    assert nested.noise_thresholds == {0: 125, 1: 1}
    assert nested.auc == 0.0


def test_ties_choose_the_smallest_noise_threshold_and_scores_are_pooled() -> None:
    scores = np.array([[0.9, 0.9], [0.3, 0.3], [0.2, 0.2], [0.1, 0.1]])
    nested = auc_nested(patients([True, False, True, False], scores, [0, 0, 1, 1]), SETTINGS)
    assert nested is not None
    assert set(nested.noise_thresholds.values()) == {1}
    assert nested.auc == 0.75


def test_one_fold_or_one_class_outside_a_fold_gives_none() -> None:
    scores = np.random.default_rng(0).random((4, 2))
    assert auc_nested(patients([True, False, True, False], scores, [0, 0, 0, 0]), SETTINGS) is None
    assert auc_nested(patients([True, True, True, False], scores, [0, 0, 1, 1]), SETTINGS) is None


def test_without_folds_patients_are_grouped_by_the_seed() -> None:
    generator = np.random.default_rng(0)
    fracture = (np.arange(30) % 3 > 0).tolist()
    nested = auc_nested(patients(fracture, generator.random((30, 2)), [None] * 30), SETTINGS)
    assert nested is not None
    assert sorted(nested.noise_thresholds) == [0, 1, 2]


def test_nested_auc_is_not_above_the_best_member_for_noise_on_average() -> None:
    generator = np.random.default_rng(0)
    fracture = (np.arange(40) % 2 > 0).tolist()
    gaps = []
    for _ in range(30):
        scores = generator.random((40, 2))
        nested = auc_nested(patients(fracture, scores, [number % 4 for number in range(40)]), SETTINGS)
        assert nested is not None
        gaps.append(max(roc_curve(np.array(fracture), member).auc for member in scores.T) - nested.auc)
    assert np.mean(gaps) > 0.02


def test_groups_are_balanced_and_do_not_depend_on_the_order() -> None:
    names = [f"p{number:02d}" for number in range(23)]
    fracture = np.arange(23) >= 5
    groups = patient_groups(names, fracture, 5, seed=1)
    order = np.random.default_rng(0).permutation(23)
    np.testing.assert_array_equal(patient_groups([names[i] for i in order], fracture[order], 5, seed=1), groups[order])
    assert sorted(groups[~fracture].tolist()) == [0, 1, 2, 3, 4]
    assert np.ptp(np.bincount(groups)) <= 1
    assert not np.array_equal(groups, patient_groups(names, fracture, 5, seed=2))
    assert groups.tolist() != pytest.approx(np.arange(23) % 5)
