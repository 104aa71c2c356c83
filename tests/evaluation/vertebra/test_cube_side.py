import numpy as np

from evaluation.settings import EvaluationSettings
from evaluation.statistics.scores import PatientScores, VertebraScores
from evaluation.vertebra.cube_side import choose_cube, sides_of_patients

SETTINGS = EvaluationSettings(cube_side="auto", nested_folds=2)
FRACTURE = np.array([True, False] * 4)


def cohort(folds: tuple[int | None, ...], fracture: np.ndarray = FRACTURE) -> tuple[PatientScores, VertebraScores]:
    """One vertebra a patient."""
    names = tuple(f"p{number}" for number in range(8))
    patients = PatientScores(names, tuple((name,) for name in names), folds, fracture, np.zeros((8, 1)))
    return patients, VertebraScores(
        names, np.arange(8), ("L1",) * 8, fracture.astype(np.int64), fracture, np.full((8, 1), np.nan)
    )


GOOD, BAD = FRACTURE[:, None] * 0.9 + 0.05, ~FRACTURE[:, None] * 0.8 + 0.1
FOLDS = (0, 0, 0, 0, 1, 1, 1, 1)


def test_each_fold_gets_the_side_that_is_best_on_the_others() -> None:
    # In fold 0 only side 5 separates, in fold 1 only side 20: each fold is scored with the other's.
    by_side = {5: np.vstack([GOOD[:4], BAD[4:]]), 20: np.vstack([BAD[:4], GOOD[4:]])}
    scored, choice = choose_cube(*cohort(FOLDS), by_side, SETTINGS)
    assert choice.side_by_fold == {0: 20, 1: 5}
    np.testing.assert_array_equal(scored.scores, BAD)
    assert choice.auc_by_side == {5: 0.75, 20: 0.75}


def test_ties_take_the_smallest_side() -> None:
    _, choice = choose_cube(*cohort(FOLDS), {5: GOOD, 20: GOOD}, SETTINGS)
    assert choice.side_by_fold == {0: 5, 1: 5}


def test_without_folds_of_the_maps_the_seed_determines_them() -> None:
    _, choice = choose_cube(*cohort((None,) * 8), {5: BAD, 20: GOOD}, SETTINGS)
    assert choice.side_by_fold == {0: 20, 1: 20}
    assert choice.auc_by_side == {5: 0.0, 20: 1.0}


def test_one_class_takes_the_side_nearest_the_papers() -> None:
    scored, choice = choose_cube(*cohort(FOLDS, np.ones(8, dtype=bool)), {5: BAD, 12: GOOD, 20: BAD}, SETTINGS)
    assert choice.side_by_fold == {}
    assert choice.auc_by_side == {5: None, 12: None, 20: None}
    np.testing.assert_array_equal(scored.scores, GOOD)


def test_the_chosen_side_of_each_patient() -> None:
    patients, vertebrae = cohort(FOLDS)
    by_side = {5: np.vstack([GOOD[:4], BAD[4:]]), 20: np.vstack([BAD[:4], GOOD[4:]])}
    _, choice = choose_cube(patients, vertebrae, by_side, SETTINGS)
    assert sides_of_patients(patients, choice, (5, 20), SETTINGS).tolist() == [1] * 4 + [0] * 4


def test_without_a_choice_every_patient_has_the_given_side_or_the_one_nearest_the_papers() -> None:
    patients, vertebrae = cohort(FOLDS, np.ones(8, dtype=bool))
    assert sides_of_patients(patients, None, (10,), SETTINGS).tolist() == [0] * 8
    _, choice = choose_cube(patients, vertebrae, {5: BAD, 12: GOOD, 20: BAD}, SETTINGS)
    assert sides_of_patients(patients, choice, (5, 12, 20), SETTINGS).tolist() == [1] * 8
