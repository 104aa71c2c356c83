from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.splits import make_inner_splits, make_splits
from dataset_conversion.vertebra_table import Vertebra

COHORTS = st.lists(st.tuples(st.sampled_from([None, 0, 1, 2, 3]), st.integers(1, 3)), min_size=5, max_size=40)
GOLDEN = [["p1_c0", "p5_c0"], ["p3_c0", "p6_c0"], ["p4_c0", "p7_c0"], ["p2_c0", "p9_c0"], ["p0_c0", "p8_c0"]]


def cohort_of(patients: list[tuple[int | None, int]]) -> list[Vertebra]:
    """One vertebra of the given grade in each of a patient's cases."""
    return [
        Vertebra(f"p{number}_c{scan}", f"p{number}", "L1", 0.0, 0.0, 0.0, grade)
        for number, (grade, scans) in enumerate(patients)
        for scan in range(scans)
    ]


@given(COHORTS, st.integers(0, 3))
def test_folds_part_the_cohort_by_patient(patients: list[tuple[int | None, int]], seed: int) -> None:
    vertebrae = cohort_of(patients)
    splits = make_splits(vertebrae, seed=seed)
    assert len(splits) == 5
    held_out = [case for fold in splits for case in fold["val"]]
    assert sorted(held_out) == sorted({vertebra.case_id for vertebra in vertebrae})
    for fold in splits:
        assert sorted(fold["train"] + fold["val"]) == sorted(held_out)
        train, val = ({case.split("_")[0] for case in fold[part]} for part in ("train", "val"))
        assert not train & val


@given(COHORTS)
def test_every_grade_is_spread_evenly(patients: list[tuple[int | None, int]]) -> None:
    for grade in (0, 1, 2, 3):
        of_grade = {f"p{number}" for number, (worst, _) in enumerate(patients) if (worst or 0) == grade}
        held_out = [{case.split("_")[0] for case in fold["val"]} for fold in make_splits(cohort_of(patients))]
        counts = [len(patient & of_grade) for patient in held_out]
        assert max(counts) - min(counts) <= 1


def test_a_patient_counts_by_the_worst_grade() -> None:
    mixed = [
        Vertebra(f"p{number}", f"p{number}", level, 0.0, 0.0, 0.0, grade)
        for number in range(10)
        for level, grade in (("L1", 3 if number < 5 else 0), ("L2", 0), ("L3", None))
    ]
    for fold in make_splits(mixed):
        assert Counter(int(case[1:]) < 5 for case in fold["val"]) == {True: 1, False: 1}


def test_order_of_rows_does_not_matter_and_the_seed_does() -> None:
    vertebrae = cohort_of([(grade, 1) for grade in (0, 1, 2, 3) for _ in range(5)])
    assert make_splits(vertebrae) == make_splits(vertebrae[::-1])
    assert make_splits(vertebrae, seed=1) != make_splits(vertebrae, seed=2)


def test_the_folds_are_the_same_everywhere() -> None:
    splits = make_splits(cohort_of([(0, 1)] * 5 + [(2, 1)] * 5))
    assert [fold["val"] for fold in splits] == GOLDEN


def test_too_few_patients() -> None:
    with pytest.raises(ValueError, match="4 patients, wanted at least 5"):
        make_splits(cohort_of([(0, 2)] * 4))


@given(COHORTS)
def test_inner_cases_come_from_the_training_patients(patients: list[tuple[int | None, int]]) -> None:
    vertebrae = cohort_of(patients)
    splits = make_splits(vertebrae)
    for split, inner in zip(splits, make_inner_splits(vertebrae, splits), strict=True):
        assert inner
        assert set(inner) < set(split["train"])
        inner_patients = {case.split("_")[0] for case in inner}
        assert not inner_patients & {case.split("_")[0] for case in set(split["train"]) - set(inner)}


def test_inner_cases_are_a_seventh_and_hold_the_worst_grade() -> None:
    vertebrae = cohort_of([(grade, 1) for grade in (0, 1, 2, 3) for _ in range(20)])
    for inner in make_inner_splits(vertebrae, make_splits(vertebrae)):
        assert 9 <= len(inner) <= 10
        assert any(int(case[1:].split("_")[0]) >= 60 for case in inner)
