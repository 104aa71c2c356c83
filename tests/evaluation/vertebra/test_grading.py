"""Metrics of grades, against counts by hand and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, confusion_matrix, roc_auc_score

from evaluation.statistics.bootstrap import draw_patients
from evaluation.vertebra.grading import (
    agreement,
    grade_aucs,
    predicted_grades,
    quadratic_kappa,
    scores_from_grades,
)

PROBABILITIES = np.array(
    [
        [0.70, 0.10, 0.10, 0.05],
        [0.20, 0.40, 0.20, 0.10],
        [0.10, 0.30, 0.50, 0.05],
        [0.05, 0.05, 0.10, 0.70],
        [0.30, 0.30, 0.20, 0.20],
        [0.10, 0.20, 0.25, 0.25],
    ]
)
READ = np.array([0, 1, 2, 3, 1, 3])
PATIENT = np.array([0, 0, 1, 1, 2, 3])
WEIGHTS = draw_patients(("a", "b", "c", "d"), np.array([True, True, True, True]), 200, seed=1)
grades = st.lists(st.integers(0, 3), min_size=1, max_size=40)


def test_the_most_probable_grade_and_the_lowest_of_equal_ones() -> None:
    assert predicted_grades(PROBABILITIES).tolist() == [0, 1, 2, 3, 0, 2]


def test_scores_sum_up_the_grades_from_the_asked_one_on() -> None:
    expected = [[0.25, 0.15, 0.05], [0.70, 0.30, 0.10], [0.85, 0.55, 0.05], [0.85, 0.80, 0.70], [0.70, 0.40, 0.20]]
    np.testing.assert_allclose(scores_from_grades(PROBABILITIES)[:5], expected)


def test_aucs_are_those_of_the_sums() -> None:
    scores = scores_from_grades(PROBABILITIES)
    found = grade_aucs(READ, scores, PATIENT)
    assert [auc.grade for auc in found] == [1, 2, 3]
    assert [auc.positives for auc in found] == [5, 3, 2]
    for auc, column in zip(found, scores.T, strict=True):
        assert auc.auc == pytest.approx(roc_auc_score(auc.grade <= READ, column))
    # Four patients are too few.
    assert [auc.ci95 for auc in found] == [None] * 3


def test_aucs_have_intervals_over_patients() -> None:
    generator = np.random.default_rng(2)
    patient, read = np.repeat(np.arange(30), 4), generator.integers(0, 4, 120)
    for auc in grade_aucs(read, read[:, None] + generator.normal(0, 2, (120, 1)), patient):
        assert auc.ci95 is not None
        low, high = auc.ci95
        assert 0.5 < low < (auc.auc or 0) < high < 1


def test_one_score_is_compared_with_every_grade() -> None:
    losses = np.array([0.0, 0.2, 0.1, 0.6, 0.1, 0.3])
    for auc in grade_aucs(READ, losses[:, None], PATIENT):
        assert auc.auc == pytest.approx(roc_auc_score(auc.grade <= READ, losses))


def test_a_grade_that_does_not_occur_has_no_auc() -> None:
    mild = np.array([0, 1, 1])
    found = grade_aucs(mild, scores_from_grades(PROBABILITIES[:3]), np.array([0, 1, 2]))
    assert [auc.auc is None for auc in found] == [False, True, True]
    assert [auc.positives for auc in found] == [2, 0, 0]


def test_agreement_by_hand() -> None:
    """Two vertebrae differ by one grade; by chance, every read grade would meet every predicted one."""
    predicted = predicted_grades(PROBABILITIES)
    found = agreement(READ, predicted, PATIENT, WEIGHTS)
    assert found.confusion.tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    assert found.exact == pytest.approx(4 / 6)
    assert found.within_one == 1.0
    expected = sum((int(read) - int(other)) ** 2 for read in READ for other in predicted) / 6
    assert found.kappa is not None
    assert found.kappa == pytest.approx(1 - 2 / expected)
    assert found.ci95 is not None
    assert found.ci95[0] <= found.kappa <= found.ci95[1]


def test_golden_kappa() -> None:
    """Worked example: a 4 x 4 table of 100 vertebrae; value from scikit-learn 1.5."""
    table = np.array([[40, 6, 1, 0], [8, 12, 4, 0], [1, 5, 9, 2], [0, 1, 3, 8]])
    assert float(quadratic_kappa(table)) == pytest.approx(0.8152937, abs=5e-7)


@given(grades, st.randoms(use_true_random=False))
def test_kappa_and_confusion_are_scikit_learns(read: list[int], random: object) -> None:
    predicted = [random.randrange(4) for _ in read]  # type: ignore[attr-defined]
    patient = np.arange(len(read))
    weights = draw_patients([str(name) for name in patient], np.ones(len(read), bool), 20, seed=3)
    found = agreement(np.array(read), np.array(predicted), patient, weights)
    np.testing.assert_array_equal(found.confusion, confusion_matrix(read, predicted, labels=range(4)))
    if found.kappa is None:
        assert len({*read, *predicted}) == 1
        assert found.ci95 is None
    else:
        expected = cohen_kappa_score(read, predicted, labels=range(4), weights="quadratic")
        assert found.kappa == pytest.approx(expected)


def test_replicates_count_patients_and_not_vertebrae() -> None:
    """A patient who is drawn twice brings all vertebrae twice."""
    weights = np.array([[2, 0, 1, 1], [0, 2, 1, 1]])
    predicted = predicted_grades(PROBABILITIES)
    found = agreement(READ, predicted, PATIENT, weights)
    kappas = []
    for counts in weights:
        rows = np.repeat(np.arange(6), counts[PATIENT])
        kappas.append(cohen_kappa_score(READ[rows], predicted[rows], labels=range(4), weights="quadratic"))
    assert found.ci95 is not None
    np.testing.assert_allclose(found.ci95, np.percentile(kappas, (2.5, 97.5)))


def test_a_single_patient_has_no_interval() -> None:
    found = agreement(READ, predicted_grades(PROBABILITIES), np.zeros(6, dtype=np.int64), np.ones((5, 1), np.int64))
    assert found.kappa is not None
    assert found.ci95 is None
