"""The elements about patient and study that objects take over from the source, and what is wrong with them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM

from dataset_conversion.images.dicom.files import ignored_violations

MAY_BE_EMPTY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate"),
    *("StudyTime", "ReferringPhysicianName", "SeriesNumber", "Manufacturer"),
)
"""Elements that an object has to hold, empty if unknown (type 2). Those that the source lacks are taken as empty."""
SEXES = ("M", "F", "O")


def prepare(header: Dataset) -> list[str]:
    """Make a header ready to take patient and study from it.

    Text is decoded, because the objects are in UTF-8, whatever the character set of the source. Elements that are
    lacking become empty ones, and so do those with values that no object may hold.

    Args:
        header: Header of the source, which is changed.

    Returns:
        A sentence for each value that is left out, without the value, which can tell who the patient is.
    """
    with ignored_violations():
        header.decode()
    for keyword in MAY_BE_EMPTY:
        if keyword not in header:
            setattr(header, keyword, None)
    left_out = [
        keyword for keyword, is_valid in _CHECKS.items() if header.get(keyword) and not is_valid(header[keyword])
    ]
    for keyword in left_out:
        setattr(header, keyword, None)
    return [f"{keyword} left out of the DICOM objects; expected {_EXPECTED[keyword]}" for keyword in left_out]


def _is_sex(element: Any) -> bool:
    return element.value in SEXES


def _is_date(element: Any) -> bool:
    return _is_accepted(DA, element.value)


def _is_time(element: Any) -> bool:
    return _is_accepted(TM, element.value)


def _is_accepted(kind: Callable[[str], Any], value: Any) -> bool:
    try:
        return kind(str(value)) is not None
    except ValueError:
        return False


_CHECKS: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {"PatientSex": _is_sex, "PatientBirthDate": _is_date, "StudyDate": _is_date, "StudyTime": _is_time}
)
_EXPECTED: Mapping[str, str] = MappingProxyType(
    {
        "PatientSex": "M, F or O",
        "PatientBirthDate": "a date as 19400131",
        "StudyDate": "a date as 20240131",
        "StudyTime": "a time as 134500",
    }
)
