from collections.abc import Callable
from dataclasses import replace

from dataset_conversion.checks import messages
from dataset_conversion.grading import join_grades, name_centroids
from dataset_conversion.readers.grade_format import Grading
from dataset_conversion.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]


def test_grades_and_shapes_are_joined(case: MakeCase) -> None:
    rows = case("a", T12=None, L1=None, L2=None)
    graded, findings = join_grades(rows, {"a": {"L1": Grading(2, "crush"), "T12": Grading(0, None)}, "z": {}})
    assert [(row.vertebra, row.grade, row.shape) for row in graded] == [
        ("T12", 0, None),
        ("L1", 2, "crush"),
        ("L2", None, None),
    ]
    assert findings == []


def test_a_grade_without_centroid_is_an_error(case: MakeCase) -> None:
    _, findings = join_grades(case("a"), {"a": {"L1": Grading(0, None), "L4": Grading(3, "wedge")}})
    assert messages(findings, "error") == ["case a: L4 has grade 3 but no centroid, wanted both"]


def test_a_case_without_grades_is_a_warning(case: MakeCase) -> None:
    graded, findings = join_grades(case("a", T12=None, L1=None, L2=None), {"b": {"L1": Grading(1, None)}})
    assert [row.grade for row in graded] == [None, None, None]
    assert messages(findings, "warning") == ["case a: no grades, its vertebrae are ignored in training"]


def test_a_level_that_is_only_named_needs_a_centroid_but_gives_no_grade(case: MakeCase) -> None:
    graded, findings = join_grades(case("a"), {"a": {"L1": Grading(None, None), "L4": Grading(None, None)}})
    assert [row.grade for row in graded] == [0, 2, 0]
    assert messages(findings, "error") == ["case a: L4 has grade none but no centroid, wanted both"]


def test_a_contradiction_is_said_and_the_grades_count(case: MakeCase) -> None:
    rows = [replace(row, shape="crush") for row in case("a")]
    graded, findings = join_grades(rows, {"a": {"L1": Grading(3, "wedge"), "L2": Grading(0, None)}})
    assert [(row.grade, row.shape) for row in graded] == [(0, "crush"), (3, "wedge"), (0, "crush")]
    assert messages(findings, "warning") == [
        "case a: L1 has grade 2 beside its centroid but 3 among the grades, which counts"
    ]


def test_centroids_take_their_names_from_the_head_down() -> None:
    points = [(1.0, 2.0, -60.0), (1.0, 2.0, 30.0), (1.0, 2.0, -30.0)]
    levels = {level: Grading(0, None) for level in ("L2", "T12", "L1")}
    named, findings = name_centroids({"sub-verse001_split-verse002": points}, {"sub-verse001_split-verse002": levels})
    assert findings == []
    assert [(row.vertebra, row.z, row.patient_id, row.grade) for row in named] == [
        ("T12", 30.0, "sub-verse001", None),
        ("L1", -30.0, "sub-verse001", None),
        ("L2", -60.0, "sub-verse001", None),
    ]


def test_names_and_centroids_must_be_as_many() -> None:
    points = [(1.0, 2.0, 3.0)] * 3
    named, findings = name_centroids({"a": points, "b": points}, {"a": {"L1": Grading(0, None)}})
    assert named == []
    assert messages(findings, "error") == [
        f"case {case}: 3 markers without names but {count} levels in its grades, "
        "wanted one a vertebra in both (--grades)"
        for case, count in (("a", 1), ("b", 0))
    ]
