"""The one exception that bad input raises in this package."""

from collections.abc import Sequence


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
