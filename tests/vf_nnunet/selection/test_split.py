"""The split of the comparison."""

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra
from vf_nnunet.selection.split import most_fractured_case, selection_split


def cohort(patients: int) -> list[Vertebra]:
    """Every third patient has two cases; the grades alternate."""
    rows = []
    for patient in range(patients):
        for case in range(2 if patient % 3 == 0 else 1):
            for level, grade in (("L1", 0), ("L2", patient % 4)):
                name = f"p{patient:02d}_{case}"
                rows.append(Vertebra(name, f"p{patient:02d}", level, 0.0, 0.0, 0.0, grade, ""))
    return rows


def test_the_papers_numbers() -> None:
    split, _ = selection_split(cohort(90), fracture_grade=1)
    parts = {part: {case[:3] for case in split[part]} for part in ("train", "val")}
    assert (len(parts["train"]), len(parts["val"])) == (68, 22)
    assert not parts["train"] & parts["val"]


def test_both_outcomes_are_held_out_and_the_inner_cases_are_training_cases() -> None:
    rows = cohort(40)
    split, inner = selection_split(rows, fracture_grade=1)
    worst = {row.case_id: 0 for row in rows}
    for row in rows:
        worst[row.case_id] = max(worst[row.case_id], row.grade or 0)
    for grade in range(4):
        assert sum(worst[case] == grade for case in split["val"])
    assert inner
    assert set(inner) < set(split["train"])
    assert selection_split(rows[::-1], fracture_grade=1) == (split, inner)


def test_too_few_patients() -> None:
    with pytest.raises(InputError, match="3 patients; expected at least 4"):
        selection_split(cohort(3), fracture_grade=1)


def test_the_case_with_the_most_fractures() -> None:
    rows = [
        Vertebra(case, case, f"L{number}", 0.0, 0.0, 0.0, grade, "")
        for case, grades in (("a", (1, 1, 0)), ("b", (2, 2, 2)), ("c", (3, None, None)), ("d", (3, 3, 3, 3)))
        for number, grade in enumerate(grades, start=1)
    ]
    assert most_fractured_case(rows, ["c", "b", "a"], fracture_grade=1) == "b"
    assert most_fractured_case(rows, ["a", "c"], fracture_grade=2) == "c"
    assert most_fractured_case(rows, ["c", "a"], fracture_grade=4) == "a"
