"""A DICOM series as it was found among other files."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path

from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.spine.errors import first_line


@dataclass(frozen=True, eq=False)
class FoundSeries:
    """The images of one series.

    Attributes:
        slices: Its images, at least one.
        damaged: Files beside them that cannot be read and can be slices of no other series.
        remarks: What a person should know about how it was found.
    """

    slices: Sequence[Slice]
    damaged: tuple[Path, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def first(self) -> Slice:
        """Any slice, for what all have in common."""
        return self.slices[0]

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return self.first.series

    @property
    def folder(self) -> Path:
        """The folder of its files, or the lowest one above them."""
        return Path(commonpath({str(found.path.parent) for found in self.slices}))

    @property
    def folders(self) -> set[Path]:
        """All folders with its files."""
        return {found.path.parent for found in self.slices}

    @property
    def title(self) -> str:
        """Its description or UID, and the number of its images."""
        return f"{first_line(self.first.description or self.uid, 60)!r} with {len(self.slices)} slices"
