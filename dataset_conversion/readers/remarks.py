"""The remarks that readers write beside a vertebra: its level, and often its grade and shape."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dataset_conversion.spine.errors import InputError, problems_of, shorten
from dataset_conversion.spine.genant import GRADE_OF_WORD, SHAPES, parse_grade, parse_shape
from dataset_conversion.spine.levels import parse_level

_FILLERS = frozenset({"", "grade", "genant"})
_SEPARATORS = re.compile(r"[\s:;,=]+")


@dataclass(frozen=True)
class Remark:
    """A remark beside a vertebra.

    Attributes:
        level: One of `levels.LEVELS`.
        grade: Genant 0 to 3, None where there is none.
        shape: wedge, biconcave, crush, or None.
    """

    level: str
    grade: int | None = None
    shape: str | None = None


def parse_remark(text: str) -> Remark:
    """Read a level that may be followed by its grade and shape: `L1`, `L1:2`, `L1 grade 2`, `T12, 1, wedge`.

    Grades can also be given in Genant's words: normal, mild, moderate and severe. `x`, `-` and `?` mean not graded.

    Raises:
        InputError: If the text is anything else.
    """
    name, *words = _words(text) or [""]
    level = parse_level(name)
    if level is None:
        raise InputError(f"vertebra is {shorten(text.strip())!r}; expected a level such as L1, or with its grade L1:2")
    grade, shape = _grade_and_shape(text, words)
    return Remark(level, grade, shape)


def parse_comment(text: str, level: str) -> Remark | None:
    """Read a free comment beside a vertebra whose level is known: `2`, `grade 2 wedge`, `L1:2`.

    Returns:
        The remark, or None if the comment holds no grade.

    Raises:
        InputError: If the comment has a number or the name of a grade but cannot be read as a grade, or names another
            level.
    """
    words = _words(text)
    if not any(word in GRADE_OF_WORD or re.search(r"\d", word) for word in words):
        return None
    named = parse_level(words[0])
    if named not in (None, level):
        raise InputError(f"comment {shorten(text.strip())!r} beside {level}; expected the same level")
    grade, shape = _grade_and_shape(text, words[1:] if named else words)
    return Remark(level, grade, shape)


def _words(text: str) -> list[str]:
    return [word for word in _SEPARATORS.split(text.lower()) if word not in _FILLERS]


def _grade_and_shape(text: str, words: Sequence[str]) -> tuple[int | None, str | None]:
    grade, shape = [*words, "", ""][:2]
    if len(words) > 2 or problems_of(parse_grade, grade) or problems_of(parse_shape, shape):
        expected = f"0, 1, 2, 3 or x, and one of {', '.join(SHAPES)} or nothing"
        raise InputError(f"grade is {shorten(' '.join(words))!r} in {shorten(text.strip())!r}; expected {expected}")
    return parse_grade(grade), parse_shape(shape)
