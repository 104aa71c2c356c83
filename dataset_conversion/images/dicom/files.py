"""Recognise DICOM files by their content, and pass over objects that are not images."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError, first_line
from dataset_conversion.spine.records.passed_over import PassedOver

_PREAMBLE = 128
_MAGIC = b"DICM"
HEAD = _PREAMBLE + len(_MAGIC)
"""Bytes that tell a DICOM file."""
DICOM_ENDINGS = (".dcm", ".dicom", ".ima")
"""Endings of DICOM files, in lower case. Exports often have none."""
_FIRST_GROUPS = {b"\x02\x00": "little", b"\x08\x00": "little", b"\x00\x08": "big"}
"""The first group of a file without preamble: its meta information, or the identification of its content."""
_LAST_FIRST_ELEMENT = 0x0070
"""A file without preamble begins with one of the first elements of its group."""
_VALUE_TYPES = frozenset({b"UL", b"OB", b"UI", b"CS", b"DA", b"TM", b"DT", b"SH", b"LO"})
"""Value representations of these elements."""
_LONGEST_FIRST_VALUE = 256

_IMAGE_CLASS = "Image Storage"
"""In the names of all SOP classes for images. Segmentations, doses and documents have other names."""
_NO_IMAGE_CLASSES = frozenset({"1.3.12.2.1107.5.9.1", "1.3.12.2.1107.5.99.3.10", "1.3.12.2.1107.5.99.3.11"})
"""Private SOP classes of objects that carry image attributes without being images (Siemens' CSA and syngo objects)."""
_NO_IMAGE_MODALITIES = frozenset(
    {"DOC", "KO", "PLAN", "PR", "REG", "RTDOSE", "RTPLAN", "RTRECORD", "RTSTRUCT", "SEG", "SR"}
)
_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"
"""A DICOMDIR, the only object without a series."""
DIRECTORY_KIND = "Media Storage Directory Storage"
"""What `object_kind` calls it."""
_TAGS = ("SOPClassUID", "SeriesInstanceUID", "Modality", "Rows")


def dicom_candidates(folder: Path) -> tuple[list[Path], list[PassedOver]]:
    """The files directly in a folder that are DICOM, or were before they were damaged; and the other files.

    A damaged slice must not be passed over, so the endings of DICOM count too, and so do very short files without an
    ending. Hidden files are left out.
    """
    candidates: list[Path] = []
    others: list[PassedOver] = []
    for path in sorted(folder.iterdir()):
        if not _is_visible_file(path):
            continue
        if is_dicom(path) or _may_be_damaged(path):
            candidates.append(path)
        else:
            others.append(PassedOver(path, "not DICOM"))
    return candidates, others


def holds_dicom_images(folder: Path) -> bool:
    """Whether a DICOM image, or a damaged file with an ending of DICOM, lies directly in the folder.

    False if the folder cannot be read or holds only other objects, such as reports.
    """
    try:
        return any(_is_image(path) for path in folder.iterdir())
    except OSError:
        return False


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM by its content, with or without the standard's preamble."""
    try:
        with path.open("rb") as file:
            return is_dicom_head(file.read(HEAD))
    except OSError:
        return False


def is_dicom_head(head: bytes) -> bool:
    """As `is_dicom`, for the first `HEAD` bytes of a file."""
    return head[_PREAMBLE:] == _MAGIC or _begins_without_preamble(head)


@contextmanager
def ignored_violations() -> Iterator[None]:
    """Ignore pydicom's warnings: hospitals' files often break the standard in ways that do not affect the image."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def read_dicom_header(path: Path, tags: Sequence[str]) -> Any:
    """Read some elements of a file, up to the pixels.

    Raises:
        InputError: If the file cannot be read.
    """
    import pydicom

    try:
        with ignored_violations():
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(tags), force=is_dicom(path))
            if "SOPClassUID" not in header and "MediaStorageSOPClassUID" in header.file_meta:
                header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID
    except Exception as error:  # pydicom's exceptions have no common base class
        raise InputError(f"cannot be read ({first_line(str(error))}); expected a complete DICOM image") from error
    return header


def object_kind(header: Any) -> str | None:
    """What a DICOM object is if it is not an image; None for an image.

    Args:
        header: Header with SOPClassUID, SeriesInstanceUID, Modality and Rows, as far as the file has them. A file
            without a series may be a slice that was cut off early, so it counts as an image.
    """
    sop_class = str(header.get("SOPClassUID") or "")
    if sop_class != _DIRECTORY_CLASS and not header.get("SeriesInstanceUID"):
        return None
    name, is_known = _name_of_class(sop_class)
    if sop_class in _NO_IMAGE_CLASSES or (is_known and _IMAGE_CLASS not in name):
        return name
    return None if "Rows" in header else _kind_without_rows(header, name, is_known)


def _kind_without_rows(header: Any, name: str, is_known: bool) -> str | None:
    """What an object of an image class or of an unknown one is; None for an image, which must be damaged."""
    modality = header.get("Modality")
    if modality in _NO_IMAGE_MODALITIES:
        return f"modality {modality}"
    return None if is_known or not header.get("SOPClassUID") else name


def _name_of_class(sop_class: str) -> tuple[str, bool]:
    """The name of a SOP class, and whether the standard has it."""
    from pydicom.uid import UID, UID_dictionary

    if sop_class in UID_dictionary:
        return UID(sop_class).name, True
    return f"SOP class {sop_class}", False


def _is_visible_file(path: Path) -> bool:
    return not path.name.startswith(".") and path.is_file()


def _may_be_damaged(path: Path) -> bool:
    return path.name.lower().endswith(DICOM_ENDINGS) or (not path.suffix and path.stat().st_size < HEAD)


def _begins_without_preamble(head: bytes) -> bool:
    order = _FIRST_GROUPS.get(head[:2])
    if order is None or len(head) < 8:
        return False
    if int.from_bytes(head[2:4], "little" if order == "little" else "big") > _LAST_FIRST_ELEMENT:
        return False
    if head[4:6] in _VALUE_TYPES:
        return True
    return order == "little" and 0 < int.from_bytes(head[4:8], "little") <= _LONGEST_FIRST_VALUE


def _is_image(path: Path) -> bool:
    if not _is_visible_file(path):
        return False
    if not is_dicom(path):
        return path.name.lower().endswith(DICOM_ENDINGS)
    try:
        with ignored_violations():
            return object_kind(read_dicom_header(path, _TAGS)) is None
    except InputError:
        return True
