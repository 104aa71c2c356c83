"""The one exception that bad input raises in this package, and how the findings of many parts come at once."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


class ConversionError(ValueError):
    """Input that cannot be converted; the message holds one line per finding.

    Args:
        findings: one finding or several. Each names the file, the value found and the value wanted.
    """

    def __init__(self, findings: str | Sequence[str]) -> None:
        self.findings: tuple[str, ...] = (findings,) if isinstance(findings, str) else tuple(findings)
        super().__init__("\n".join(self.findings))

    def __reduce__(self) -> tuple[type["ConversionError"], tuple[tuple[str, ...]]]:
        """Keep the findings apart when the exception crosses a process border."""
        return type(self), (self.findings,)


def read_all(parts: Iterable[tuple[str, Part]], read: Callable[[Part], Iterable[Result]]) -> list[Result]:
    """Read every part of an input and put the results together.

    Args:
        parts: each with its name.
        read: gives a part's results; raises ConversionError.

    Raises:
        ConversionError: the findings of all parts, each headed by its part's name.
    """
    findings: list[str] = []
    results: list[Result] = []
    for name, part in parts:
        try:
            results += read(part)
        except ConversionError as error:
            findings += [f"{name}: {finding}" for finding in error.findings]
    if findings:
        raise ConversionError(findings)
    return results
