import numpy as np
import pytest

from evaluation.settings import EvaluationSettings
from evaluation.statistics.folds import patient_folds, patient_groups
from evaluation.statistics.scores import PatientScores

SETTINGS = EvaluationSettings(nested_folds=3)


def patients(fracture: list[bool], folds: list[int | None]) -> PatientScores:
    names = tuple(f"p{number:02d}" for number in range(len(fracture)))
    scores = np.zeros((len(fracture), 1))
    return PatientScores(names, tuple((name,) for name in names), tuple(folds), np.array(fracture), scores)


def test_folds_are_those_of_the_maps() -> None:
    folds = patient_folds(patients([True, False, True, False], [4, 4, 0, 0]), SETTINGS)
    assert folds is not None
    assert folds.tolist() == [4, 4, 0, 0]


def test_without_folds_patients_are_grouped_by_the_seed() -> None:
    folds = patient_folds(patients([True, False] * 6, [None] * 12), SETTINGS)
    assert folds is not None
    assert sorted(set(folds.tolist())) == [0, 1, 2]


@pytest.mark.parametrize("folds", [[0, 0, 0, 0], [0, 1, 2, 0]])
def test_one_fold_or_one_class_outside_a_fold_gives_none(folds: list[int | None]) -> None:
    assert patient_folds(patients([True, True, True, False], folds), SETTINGS) is None


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
