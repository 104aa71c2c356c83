from collections.abc import Callable
from dataclasses import replace

import pytest

from dataset_conversion.checks.grading import join_grades, name_centroids, unused_cases
from dataset_conversion.checks.problems import messages
from dataset_conversion.readers.interface import Grading
from dataset_conversion.spine.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]


def test_grades_and_shapes_are_joined(case: MakeCase) -> None:
    rows = case("a", T12=None, L1=None, L2=None)
    graded, problems = join_grades(rows, {"a": {"L1": Grading(2, "crush"), "T12": Grading(0, None)}, "z": {}})
    assert [(row.vertebra, row.grade, row.shape) for row in graded] == [
        ("T12", 0, None),
        ("L1", 2, "crush"),
        ("L2", None, None),
    ]
    assert problems == []


def test_a_grade_without_centroid_is_an_error(case: MakeCase) -> None:
    _, problems = join_grades(case("a"), {"a": {"L1": Grading(0, None), "L4": Grading(3, "wedge")}})
    assert messages(problems, "error") == ["case a: L4 has grade 3 but no centroid; expected both"]


def test_the_grade_of_a_vertebra_that_is_left_out_is_a_warning(case: MakeCase) -> None:
    gradings = {"a": {"L1": Grading(2, None), "L4": Grading(3, "wedge"), "L5": Grading(0, None)}}
    graded, problems = join_grades(case("a"), gradings, {("a", "L4"), ("b", "L5")})
    assert [row.vertebra for row in graded] == ["T12", "L1", "L2"]
    found = "case a: L4 has grade 3 but no centroid, because it is left out; the grade is left out too"
    assert messages(problems, "warning") == [found]
    assert messages(problems, "error") == ["case a: L5 has grade 0 but no centroid; expected both"]


def test_a_case_without_grades_stays_ungraded(case: MakeCase) -> None:
    graded, problems = join_grades(case("a", T12=None, L1=None, L2=None), {"b": {"L1": Grading(1, None)}})
    assert [row.grade for row in graded] == [None, None, None]
    assert problems == []


def test_a_level_that_is_only_named_needs_a_centroid_but_gives_no_grade(case: MakeCase) -> None:
    graded, problems = join_grades(case("a"), {"a": {"L1": Grading(None, None), "L4": Grading(None, None)}})
    assert [row.grade for row in graded] == [0, 2, 0]
    assert messages(problems, "error") == ["case a: L4 has grade none but no centroid; expected both"]


def test_a_contradiction_is_a_warning_and_the_grades_are_used(case: MakeCase) -> None:
    rows = [replace(row, shape="crush") for row in case("a")]
    graded, problems = join_grades(rows, {"a": {"L1": Grading(3, "wedge"), "L2": Grading(0, None)}})
    assert [(row.grade, row.shape) for row in graded] == [(0, "crush"), (3, "wedge"), (0, "crush")]
    assert messages(problems, "warning") == [
        "case a: L1 has grade 2 beside its centroid but 3 in the grades; the latter is used"
    ]


def test_centroids_take_their_names_from_the_head_down() -> None:
    points = [(1.0, 2.0, -60.0), (1.0, 2.0, 30.0), (1.0, 2.0, -30.0)]
    levels = {level: Grading(0, None) for level in ("L2", "T12", "L1")}
    named, problems = name_centroids({"sub-verse001_split-verse002": points}, {"sub-verse001_split-verse002": levels})
    assert problems == []
    assert [(row.vertebra, row.z, row.patient_id, row.grade) for row in named] == [
        ("T12", 30.0, "sub-verse001", None),
        ("L1", -30.0, "sub-verse001", None),
        ("L2", -60.0, "sub-verse001", None),
    ]


def test_names_and_centroids_must_be_equal_in_number() -> None:
    points = [(1.0, 2.0, 3.0)] * 3
    named, problems = name_centroids({"a": points, "b": points}, {"a": {"L1": Grading(0, None)}})
    assert named == []
    assert messages(problems, "error") == [
        f"case {case}: 3 markers without names but {count} levels in its grades; "
        "expected one per vertebra in both (--grades)"
        for case, count in (("a", 1), ("b", 0))
    ]


def test_a_verse_series_is_told_by_its_number(case: MakeCase) -> None:
    gradings = {"sub-verse401_split-verse253": {"L1": Grading(1, None)}, "sub-verse253": {"L1": Grading(3, None)}}
    expected = {"verse253": 1, "sub-verse401_split-verse253": 1, "sub-verse253": 3, "verse254": 2}
    for case_id, grade in expected.items():
        graded, _ = join_grades(case(case_id), gradings)
        assert graded[1].grade == grade, case_id


@pytest.mark.parametrize(
    ("case_id", "patient_id", "expected"),
    [
        ("verse253", None, "sub-verse401"),
        ("verse253", "known", "known"),
        ("verse254", None, "verse254"),
        ("a", None, "a"),
    ],
)
def test_the_table_tells_the_subject_of_a_series(
    case: MakeCase, case_id: str, patient_id: str | None, expected: str
) -> None:
    graded, _ = join_grades(case(case_id, patient_id), {"sub-verse401_split-verse253": {"L1": Grading(1, None)}})
    assert {row.patient_id for row in graded} == {expected}


def test_grades_beside_the_centroids_need_no_others(case: MakeCase) -> None:
    graded, problems = join_grades(case("a"), {"b": {"L1": Grading(1, None)}})
    assert ([row.grade for row in graded], problems) == ([0, 2, 0], [])


def test_cases_on_one_side_only_are_named(case: Callable[..., list[Vertebra]]) -> None:
    gradings = {name: {"L1": Grading(1, None)} for name in "bcd"}
    assert unused_cases([*case("a"), *case("b")], gradings) == [
        "2 of 3 cases with grades have no centroid (c, d); their grades are left out",
        "1 of 2 cases are not in the grades (a)",
    ]
    assert unused_cases([*case("b"), *case("c"), *case("d")], gradings) == []
