"""The index of a medium, DICOMDIR: whether all files that it names are there."""

from pathlib import Path
from typing import Any

from dataset_conversion.images.dicom.files import DIRECTORY_KIND, ignored_violations
from dataset_conversion.spine.records.passed_over import PassedOver


def with_missing_files(item: PassedOver, path: Path) -> PassedOver:
    """The record of a DICOM file that is passed over; that of an index says how many of its files are not there.

    Args:
        item: The record.
        path: The file.
    """
    if item.reason != DIRECTORY_KIND:
        return item
    missing = _missing(path)
    if not missing:
        return item
    return PassedOver(item.path, f"{item.reason}; {missing} of the files that it names are not there")


def _missing(index: Path) -> int:
    import pydicom

    try:
        with ignored_violations():
            records = pydicom.dcmread(index, force=True).get("DirectoryRecordSequence") or ()
            named = {_relative(record) for record in records if record.get("ReferencedFileID")}
    except Exception:  # an index is not needed, and pydicom's exceptions have no common base class
        return 0
    # Media are often copied with names in lower case.
    there = {str(path.relative_to(index.parent)).lower() for path in index.parent.rglob("*")}
    return len(named - there)


def _relative(record: Any) -> str:
    parts = record.ReferencedFileID
    return str(Path(parts) if isinstance(parts, str) else Path(*parts)).lower()
