"""Genant's grades and shapes of vertebral fractures, and the words for them in every format.

Source:
    Genant et al. 1993 (J Bone Miner Res 8:1137): normal, mild, moderate, severe; wedge, biconcave, crush.
"""

import re

from dataset_conversion.spine.errors import InputError, shorten

GRADES = (0, 1, 2, 3)
"""Normal, mild, moderate, severe."""
FRACTURE_GRADES = GRADES[1:]
SHAPES = ("wedge", "biconcave", "crush")

GRADE_OF_WORD: dict[str, int] = {"normal": 0, "mild": 1, "moderate": 2, "severe": 3}
UNGRADED_WORDS = frozenset({"", "x", "-", "?"})
"""Marks of a vertebra that was not graded; VerSe writes `x` where there is cement or metal."""

# A spreadsheet writes 2.0 where a column also has empty cells, and 2,0 where the comma is the decimal sign.
_GRADE = re.compile(r"([0-3])([.,]0*)?", re.ASCII)


def parse_grade(text: str) -> int | None:
    """The grade that a text stands for: `2`, `2.0`, `moderate`; None for `x`, `-`, `?` and nothing.

    Raises:
        InputError: If it is anything else.
    """
    word = text.strip().lower()
    if word in UNGRADED_WORDS:
        return None
    match = _GRADE.fullmatch(word)
    if match:
        return int(match[1])
    if word not in GRADE_OF_WORD:
        words = f"{', '.join(GRADE_OF_WORD)}, or x for not graded"
        raise InputError(f"grade is {shorten(text.strip())!r}; expected 0, 1, 2, 3 or empty, or the words {words}")
    return GRADE_OF_WORD[word]


def parse_shape(text: str) -> str | None:
    """The shape that a text stands for, in upper or lower case; None for `x`, `-`, `?` and nothing.

    Raises:
        InputError: If it is anything else.
    """
    word = text.strip().lower()
    if word in UNGRADED_WORDS:
        return None
    if word not in SHAPES:
        raise InputError(f"shape is {shorten(text.strip())!r}; expected {', '.join(SHAPES)} or empty")
    return word
