from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.dataset.splits import SplitSettings, count_negatives, make_inner_splits, make_splits
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra

SETTINGS = SplitSettings()
GRADES = st.sampled_from([None, 0, 1, 2, 3])
COHORTS = st.lists(st.tuples(GRADES, st.integers(1, 3)), min_size=5, max_size=60)
GOLDEN = [["p1_c0", "p5_c0"], ["p3_c0", "p6_c0"], ["p4_c0", "p7_c0"], ["p2_c0", "p9_c0"], ["p0_c0", "p8_c0"]]


def cohort_of(patients: Sequence[tuple[int | None, int]]) -> list[Vertebra]:
    """One vertebra of the given grade in each of a patient's cases."""
    return [
        Vertebra(f"p{number}_c{scan}", f"p{number}", "L1", 0.0, 0.0, 0.0, grade)
        for number, (grade, scans) in enumerate(patients)
        for scan in range(scans)
    ]


def patients_of(cases: list[str]) -> set[int]:
    return {int(case[1:].split("_")[0]) for case in cases}


@given(COHORTS, st.integers(0, 3))
def test_folds_divide_the_cohort_by_patient(patients: list[tuple[int | None, int]], seed: int) -> None:
    vertebrae = cohort_of(patients)
    splits = make_splits(vertebrae, SplitSettings(seed=seed))
    assert len(splits) == 5
    held_out = [case for fold in splits for case in fold["val"]]
    assert sorted(held_out) == sorted({vertebra.case_id for vertebra in vertebrae})
    for fold in splits:
        assert sorted(fold["train"] + fold["val"]) == sorted(held_out)
        assert not patients_of(fold["train"]) & patients_of(fold["val"])


@given(COHORTS, st.sampled_from([1, 2, 3]))
def test_every_grade_and_fractures_are_spread_evenly(
    patients: list[tuple[int | None, int]], fracture_grade: int
) -> None:
    held_out = [
        patients_of(fold["val"]) for fold in make_splits(cohort_of(patients), SETTINGS, fracture_grade=fracture_grade)
    ]
    strata = [{grade} for grade in (None, 0, 1, 2, 3)] + [{0, 1, 2, 3} & set(range(fracture_grade, 4))]
    for stratum in strata:
        members = {number for number, (grade, _) in enumerate(patients) if grade in stratum}
        counts = [len(fold & members) for fold in held_out]
        assert max(counts) - min(counts) <= 1


@given(st.lists(GRADES, max_size=30), st.integers(10, 14), st.sampled_from([1, 2]))
def test_ten_negative_patients_are_two_per_fold(others: list[int | None], negatives: int, fracture_grade: int) -> None:
    grades = [fracture_grade - 1] * negatives + others
    vertebrae = cohort_of([(grade, 1) for grade in grades])
    for fold in make_splits(vertebrae, SETTINGS, fracture_grade):
        held_out = [grades[number] for number in patients_of(fold["val"])]
        assert sum(grade is not None and grade < fracture_grade for grade in held_out) >= 2


def test_a_patient_counts_by_the_worst_grade() -> None:
    mixed = [
        Vertebra(f"p{number}", f"p{number}", level, 0.0, 0.0, 0.0, grade)
        for number in range(10)
        for level, grade in (("L1", 3 if number < 5 else 0), ("L2", 0), ("L3", None))
    ]
    for fold in make_splits(mixed, SETTINGS):
        assert Counter(int(case[1:]) < 5 for case in fold["val"]) == {True: 1, False: 1}


def test_a_patient_without_any_grade_is_not_a_negative_one() -> None:
    vertebrae = cohort_of([(None, 1), (0, 1), (1, 1), (2, 1)])
    assert [count_negatives(vertebrae, fracture_grade) for fracture_grade in (1, 2, 3)] == [1, 2, 3]


def test_the_grade_of_the_atlas_does_not_count() -> None:
    """It is not labelled: a patient with nothing else is ungraded, and one with a normal vertebra is negative."""
    atlases = [Vertebra(patient, patient, "C1", 0.0, 0.0, 0.0, 3) for patient in ("p", "q")]
    assert count_negatives(atlases) == 0
    assert count_negatives([*atlases, Vertebra("p", "p", "C2", 0.0, 0.0, 0.0, 0)]) == 1


def test_order_of_rows_does_not_matter_and_the_seed_does() -> None:
    vertebrae = cohort_of([(grade, 1) for grade in (0, 1, 2, 3) for _ in range(5)])
    assert make_splits(vertebrae, SETTINGS) == make_splits(vertebrae[::-1], SETTINGS)
    assert make_splits(vertebrae, SplitSettings(seed=1)) != make_splits(vertebrae, SplitSettings(seed=2))


def test_the_folds_are_the_same_everywhere() -> None:
    splits = make_splits(cohort_of([(0, 1)] * 5 + [(2, 1)] * 5), SETTINGS)
    assert [fold["val"] for fold in splits] == GOLDEN


def test_too_few_patients() -> None:
    with pytest.raises(InputError, match="4 patients; expected at least 5"):
        make_splits(cohort_of([(0, 2)] * 4), SETTINGS)


def test_too_many_folds_for_the_negative_patients() -> None:
    vertebrae = cohort_of([(0, 1)] * 10 + [(1, 1)] * 10)
    with pytest.raises(InputError, match="10 patients without a fracture; expected 12 for 2 in each of 6 folds"):
        make_splits(vertebrae, SplitSettings(folds=6))
    assert len(make_splits(vertebrae[1:], SplitSettings(folds=6))) == 6


@given(COHORTS)
def test_inner_cases_come_from_the_training_patients(patients: list[tuple[int | None, int]]) -> None:
    vertebrae = cohort_of(patients)
    splits = make_splits(vertebrae, SETTINGS)
    for split, inner in zip(splits, make_inner_splits(vertebrae, splits, SETTINGS), strict=True):
        assert set(inner) < set(split["train"])
        assert not patients_of(inner) & patients_of(sorted(set(split["train"]) - set(inner)))


@given(COHORTS)
def test_inner_cases_are_stratified(patients: list[tuple[int | None, int]]) -> None:
    vertebrae = cohort_of(patients)
    splits = make_splits(vertebrae, SETTINGS)
    for split, inner in zip(splits, make_inner_splits(vertebrae, splits, SETTINGS), strict=True):
        training = Counter(patients[number][0] for number in patients_of(split["train"]))
        chosen = Counter(patients[number][0] for number in patients_of(inner))
        assert chosen[None] == 0
        for group in ((0,), (1, 2, 3)):
            available, taken = (sum(counts[grade] for grade in group) for counts in (training, chosen))
            assert taken <= max(0, available - 1)
            assert taken >= 1 or available <= 1
            for grade in group:
                assert abs(chosen[grade] - taken * training[grade] / max(available, 1)) <= 1
        graded = sum(training.values()) - training[None]
        assert abs(sum(chosen.values()) - 0.15 * graded) < 2


def test_fifteen_per_cent_of_a_large_cohort() -> None:
    vertebrae = cohort_of([(grade, 1) for grade in (0, 1, 2, 3) for _ in range(25)])
    splits = make_splits(vertebrae, SETTINGS)
    for inner in make_inner_splits(vertebrae, splits, SETTINGS):
        assert len(inner) == 12
        assert Counter(number // 25 for number in patients_of(inner)) == {0: 3, 1: 3, 2: 3, 3: 3}


def test_a_lone_fractured_patient_stays_in_the_training() -> None:
    vertebrae = cohort_of([(0, 1)] * 9 + [(3, 1)])
    splits = make_splits(vertebrae, SETTINGS)
    for inner in make_inner_splits(vertebrae, splits, SETTINGS):
        assert "p9_c0" not in inner


def test_the_middle_of_the_grades_stands_for_all() -> None:
    vertebrae = cohort_of([(grade, 1) for grade in (1, 1, 2, 3, 3, 0, 0)])
    everyone = [{"train": sorted(row.case_id for row in vertebrae), "val": []}]
    (inner,) = make_inner_splits(vertebrae, everyone, SETTINGS)
    assert inner[0] == "p2_c0"
    assert inner[1] in {"p5_c0", "p6_c0"}
