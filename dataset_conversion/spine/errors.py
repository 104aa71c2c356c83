"""The exception for bad input, which reports all problems at once."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")

LONGEST_LINE = 500
"""Longest message that is shown as it is, in characters."""


LONGEST = 200
"""Length at which the text of another library's error is cut in a message."""


class InputError(ValueError):
    """Bad input or a bad setting. The message holds one line for each problem.

    Args:
        problems: One problem or several. Each names the file, the value found and the value expected.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["InputError"], tuple[tuple[str, ...]]]:
        """Keep the problems apart when the exception crosses a process border."""
        return type(self), (self.problems,)


def read_all(parts: Iterable[tuple[str, Part]], read: Callable[[Part], Iterable[Result]]) -> list[Result]:
    """Read every part of an input and put the results together.

    Args:
        parts: The parts with their names.
        read: Returns the results of one part; raises `InputError`.

    Raises:
        InputError: The problems of all parts, each headed by the name of its part.
    """
    problems: list[str] = []
    results: list[Result] = []
    for name, part in parts:
        try:
            results += read(part)
        except InputError as error:
            problems += [f"{name}: {problem}" for problem in error.problems]
    if problems:
        raise InputError(problems)
    return results


def problems_of(parse: Callable[[str], object], text: str) -> tuple[str, ...]:
    """The problems of parsing a text; empty if it can be parsed."""
    try:
        parse(text)
    except InputError as error:
        return error.problems
    return ()


def shorten(text: str, longest: int = 60, tail: int = 8) -> str:
    """A text for a message. One that is longer than a person can take in loses its middle, but not its tail."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - tail - 7]} [...] {text[-tail:]}"


def error_lines(program: str, error: InputError) -> str:
    """One line for each problem, for standard error. Very long lines lose their middle, not their file and remedy.

    Args:
        program: Name of the command that the user gave.
        error: The exception.
    """
    return "".join(f"{program}: {shorten(line, LONGEST_LINE, LONGEST_LINE // 2)}\n" for line in str(error).splitlines())


def first_line(text: str, longest: int = 120) -> str:
    """The first line of a text, such as another library's message, cut to a number of characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= longest else f"{line[: longest - 3].rstrip()}..."


def shortened_list(names: Collection[str], shown: int = 3, separator: str = ", ") -> str:
    """The first names, and how many more there are: "a, b, c and 37 more"."""
    listed = separator.join([*names][:shown])
    return f"{listed} and {len(names) - shown} more" if len(names) > shown else listed
