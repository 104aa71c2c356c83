from collections.abc import Callable

from dataset_conversion.checks import messages
from dataset_conversion.grading import join_grades
from dataset_conversion.readers.verse_grades import Grading
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


def test_a_case_without_grades_stays_ungraded(case: MakeCase) -> None:
    graded, findings = join_grades(case("a", T12=None, L1=None, L2=None), {"b": {"L1": Grading(1, None)}})
    assert [row.grade for row in graded] == [None, None, None]
    assert findings == []
