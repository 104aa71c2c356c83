"""A problem of the input, and the clauses that its messages share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dataset_conversion.spine.vertebra_table import Vertebra


@dataclass(frozen=True)
class Problem:
    """One problem of the input. An error stops the conversion; a warning is recorded in the report."""

    severity: Literal["error", "warning"]
    message: str


def messages(problems: Iterable[Problem], severity: Literal["error", "warning"]) -> list[str]:
    """The messages of the problems of one severity."""
    return [problem.message for problem in problems if problem.severity == severity]


def pair_clause(upper: Vertebra, lower: Vertebra) -> str:
    """Two vertebrae of a case with their places."""
    return f"case {upper.case_id}: {upper.vertebra} ({place(upper)}) and {lower.vertebra} ({place(lower)})"


def place(vertebra: Vertebra) -> str:
    """Its centroid in LPS mm."""
    return ", ".join(f"{value:.1f}" for value in vertebra.centroid)


def case_clause(number: int, names: str) -> str:
    """A number of cases and their names."""
    return f"{number} case{'' if number == 1 else 's'}: {names}"
