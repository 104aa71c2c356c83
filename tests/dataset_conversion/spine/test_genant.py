import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.genant import parse_grade, parse_shape


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("2", 2),
        (" 2.0 ", 2),
        ("2,00", 2),
        ("Mild", 1),
        ("SEVERE", 3),
        ("normal", 0),
        ("", None),
        ("x", None),
        ("X", None),
        ("-", None),
        ("?", None),
    ],
)
def test_grades(text: str, grade: int | None) -> None:
    assert parse_grade(text) == grade


@pytest.mark.parametrize("text", ["4", "-1", "1.5", "12", "1e0", "nan", "True", "²", "9" * 400, "mild wedge"])
def test_anything_else_is_no_grade(text: str) -> None:
    with pytest.raises(InputError, match=r"grade is '.{1,70}'; expected 0, 1, 2, 3"):
        parse_grade(text)


def test_shapes() -> None:
    assert [parse_shape(text) for text in ("Wedge", "BICONCAVE ", "crush", "", "x")] == [
        "wedge",
        "biconcave",
        "crush",
        None,
        None,
    ]
    with pytest.raises(InputError, match="shape is 'flat'; expected wedge, biconcave, crush or empty"):
        parse_shape("flat")
