"""The one exception that tells a user what is wrong with the input of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence


class EvaluationError(ValueError):
    """Input that cannot be evaluated; the message holds one line per finding.

    Args:
        findings: One finding or several, each naming the file, the value found and the value wanted.
    """

    def __init__(self, findings: str | Sequence[str]) -> None:
        self.findings: tuple[str, ...] = (findings,) if isinstance(findings, str) else tuple(findings)
        super().__init__("\n".join(self.findings))
