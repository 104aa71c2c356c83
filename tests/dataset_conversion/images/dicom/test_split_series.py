from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.images.dicom.split_series import split_series
from dataset_conversion.images.pairing import list_images
from dataset_conversion.spine.errors import InputError
from tests.dataset_conversion.images.dicom.mutations import series, trunk, write


def folders(root: Path, first: list[Any], second: list[Any]) -> list[Path]:
    return [write(root / "a", first), write(root / "b", second)]


@pytest.mark.parametrize("step", ["halves", "alternating"])
def test_a_series_in_two_folders_is_refused_with_both(tmp_path: Path, step: str) -> None:
    slices = series(trunk())
    parts = (slices[:12], slices[12:]) if step == "halves" else (slices[::2], slices[1::2])
    first, second = folders(tmp_path, *parts)
    with pytest.raises(InputError) as caught:
        list_images(tmp_path)
    expected = "slices of one series in two folders; expected one folder per series: move them together"
    assert str(caught.value) == f"{first} and {second}: {expected}"


def test_copies_of_a_series_are_not_split(tmp_path: Path) -> None:
    assert split_series(folders(tmp_path, series(trunk()), series(trunk()))) == []


@pytest.mark.parametrize(
    ("name", "value"), [("PatientID", "P2"), ("SeriesInstanceUID", "1.2.4"), ("ImagePositionPatient", [0, 0, 7.0])]
)
def test_other_scans_are_not_split(tmp_path: Path, name: str, value: object) -> None:
    """Some programs give all files of an export one SeriesInstanceUID."""
    slices = series(trunk())
    for header in slices[12:]:
        setattr(header, name, value)
    assert split_series(folders(tmp_path, slices[:12], slices[12:])) == []


def test_a_damaged_folder_is_left_to_its_reader(tmp_path: Path) -> None:
    slices: list[Any] = series(trunk())
    slices[14] = b"no slice"
    slices[12] = b""
    assert split_series(folders(tmp_path, slices[:12], slices[12:])) == []
