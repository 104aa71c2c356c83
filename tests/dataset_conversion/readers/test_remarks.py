import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.readers.remarks import Remark, parse_comment, parse_remark
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.levels import LEVELS


@pytest.mark.parametrize(
    ("text", "grade", "shape"),
    [
        ("L1", None, None),
        ("L1:2", 2, None),
        ("L1 2", 2, None),
        ("L1=2", 2, None),
        ("L1 grade 2", 2, None),
        ("L1 Grade: 2", 2, None),
        ("L1: Genant 2", 2, None),
        ("L1:2:wedge", 2, "wedge"),
        ("L1, 3, Crush", 3, "crush"),
        ("L1\t1\tbiconcave", 1, "biconcave"),
        ("L1 severe wedge", 3, "wedge"),
        ("L1 normal", 0, None),
        ("L1 x", None, None),
        ("L1 -", None, None),
        ("L1: ?", None, None),
    ],
)
def test_remarks(text: str, grade: int | None, shape: str | None) -> None:
    assert parse_remark(text) == Remark("L1", grade, shape)


@given(st.sampled_from(LEVELS), st.integers(0, 3), st.sampled_from([":", " ", ", ", "\t", " grade "]))
def test_every_level_and_grade_comes_back(level: str, grade: int, separator: str) -> None:
    assert parse_remark(f"{level}{separator}{grade}") == Remark(level, grade)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("X9", "vertebra is 'X9'; expected a level such as L1"),
        ("", "vertebra is ''; expected a level"),
        ("2 L1", "vertebra is '2 L1'; expected a level"),
        ("L1 4", "grade is '4' in 'L1 4'; expected 0, 1, 2, 3 or x"),
        ("L1 1.5", "grade is '1.5'"),
        ("L1 2 bent", "grade is '2 bent'"),
        ("L1 2 wedge old", "grade is '2 wedge old'"),
        ("L1 wedge", "grade is 'wedge'"),
    ],
)
def test_unreadable_entries_are_named(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_remark(text)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("", None),
        ("old, healed", None),
        ("2", Remark("L1", 2)),
        ("grade 2 wedge", Remark("L1", 2, "wedge")),
        ("L1:2", Remark("L1", 2)),
        ("moderate", Remark("L1", 2)),
    ],
)
def test_comments(text: str, remark: Remark | None) -> None:
    assert parse_comment(text, "L1") == remark


@pytest.mark.parametrize(
    ("text", "words"), [("grde 2", "grade is 'grde 2'"), ("5", "grade is '5'"), ("L2:1", "comment 'L2:1' beside L1")]
)
def test_a_comment_with_a_number_is_a_grade_or_an_error(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_comment(text, "L1")
    assert str(caught.value).startswith(words)
