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
        series: SeriesInstanceUID, if it is one of several DICOM series in the folder.
    """

    path: Path
    reason: str
    series: str = ""

    def name_in(self, folder: Path | None = None) -> str:
        """The path, from a folder if it lies in it, and the series."""
        path = self.path
        if folder is not None and path != folder and path.is_relative_to(folder):
            path = path.relative_to(folder)
        return f"{path} (series {self.series})" if self.series else str(path)


def describe_passed_over(folder: Path, passed_over: Sequence[PassedOver]) -> list[str]:
    """One line for each reason, with the first names."""
    by_reason: dict[str, list[str]] = {}
    for item in passed_over:
        by_reason.setdefault(item.reason, []).append(item.name_in(folder))
    return [f"{folder}: passed over ({reason}): {shortened_list(names)}" for reason, names in by_reason.items()]
