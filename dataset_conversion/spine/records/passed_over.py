"""Files and folders that are not used, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.spine.errors import shortened_list


@dataclass(frozen=True)
class PassedOver:
    """A file or folder that is not used.

    Attributes:
        path: The file or folder.
        reason: Why, in words that follow "passed over".
    """

    path: Path
    reason: str


def describe_passed_over(folder: Path, passed_over: Sequence[PassedOver]) -> list[str]:
    """One line for each reason, with the first names."""
    by_reason: dict[str, list[str]] = {}
    for item in passed_over:
        name = item.path.relative_to(folder) if item.path.is_relative_to(folder) else item.path
        by_reason.setdefault(item.reason, []).append(str(name))
    return [f"{folder}: passed over ({reason}): {shortened_list(names)}" for reason, names in by_reason.items()]
