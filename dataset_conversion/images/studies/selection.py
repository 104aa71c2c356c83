"""What a user says about DICOM input: which series to take, and how to name cases."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DicomSelection:
    """How the DICOM series of an input are taken.

    Attributes:
        series: SeriesInstanceUIDs that are taken in their studies, whatever the rules would choose.
        case_id: Template of tags for the names of cases; None names them after folders where these tell them apart.
    """

    series: tuple[str, ...] = ()
    case_id: str | None = None


DEFAULT_SELECTION = DicomSelection()
"""The rules choose, and folders give the names."""
