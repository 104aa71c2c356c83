"""Find a DICOM series whose slices lie in several folders, each of which would be taken for a CT."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from dataset_conversion.images.dicom.files import dicom_candidates, read_dicom_header
from dataset_conversion.images.dicom.series import stack_slices
from dataset_conversion.images.dicom.slices import Slice, read_slices
from dataset_conversion.spine.errors import InputError


def split_series(folders: Iterable[Path]) -> list[str]:
    """A problem for each two folders whose slices are one even stack of one series and patient.

    One header of each folder is read, and all headers only of folders with the same series. A folder that cannot be
    read is left to the reader of the series.

    Args:
        folders: Folders that hold DICOM images.
    """
    by_series: dict[str, list[Path]] = {}
    for folder in folders:
        if series := first_series(folder):
            by_series.setdefault(series, []).append(folder)
    return split_problems(by_series)


def split_problems(by_series: Mapping[str, Sequence[Path]]) -> list[str]:
    """As `split_series`, for folders whose series is known.

    Args:
        by_series: The folders by the series of their first slice.
    """
    return [
        f"{first} and {second}: slices of one series in two folders; expected one folder per series: move them together"
        for rivals in by_series.values()
        for first, second in combinations(rivals, 2)
        if _is_split(first, second)
    ]


def first_series(folder: Path) -> str | None:
    """The series of the first slice in a folder that can be read; None if there is none."""
    for path in dicom_candidates(folder)[0]:
        try:
            series = str(read_dicom_header(path, ["SeriesInstanceUID"]).get("SeriesInstanceUID") or "")
        except InputError:
            continue
        if series:
            return series
    return None


def _is_split(first: Path, second: Path) -> bool:
    """Whether two folders have no slice in common, but one patient and one even stack."""
    try:
        parts = [_slices_of(folder) for folder in (first, second)]
        instances = [{found.details.instance for found in part} for part in parts]
        slices = [found for part in parts for found in part]
        if instances[0] & instances[1] or len({(found.patient, found.series) for found in slices}) != 1:
            return False
        stack_slices(first, slices)
    except InputError:
        return False
    return True


def _slices_of(folder: Path) -> Sequence[Slice]:
    slices, _ = read_slices(folder)
    return slices
