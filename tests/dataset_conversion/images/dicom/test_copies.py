import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from dataset_conversion.images.registry import read_image
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.errors import InputError

SaveSeries = Callable[..., Path]
SLICE = "35_1.2.3.dcm"


def test_a_copied_file_is_dropped_and_named(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    series = save_series(tmp_path / "a", volume)
    shutil.copy(series / SLICE, series / "35_1.2.3 (1).dcm")
    header, array = read_image(series)
    np.testing.assert_array_equal(array, volume.array)
    assert header.warnings == (f"{series}: dropped 1 copy of slices: 35_1.2.3 (1).dcm",)


def test_a_whole_series_exported_twice(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    series = save_series(tmp_path / "a", volume)
    for path in sorted(series.iterdir()):
        shutil.copy(path, path.with_name(f"copy of {path.name}"))
    header, array = read_image(series)
    np.testing.assert_array_equal(array, volume.array)
    (warning,) = header.warnings
    assert "dropped 60 copies of slices: copy of 00_1.2.3.dcm, " in warning
    assert warning.endswith("and 57 more")


def test_a_copy_that_was_saved_again(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    """Other elements differ, such as the time of an export; the image does not."""
    series = save_series(tmp_path / "a", volume)
    header = pydicom.dcmread(series / SLICE)
    header.InstanceCreationTime = "120000"
    header.save_as(series / "again.dcm")
    found, array = read_image(series)
    np.testing.assert_array_equal(array, volume.array)
    assert len(found.warnings) == 1


@pytest.mark.parametrize("element", ["PixelData", "RescaleIntercept"])
def test_another_image_in_the_same_place_is_refused(
    tmp_path: Path, save_series: SaveSeries, volume: Volume, element: str
) -> None:
    series = save_series(tmp_path / "a", volume)
    header = pydicom.dcmread(series / SLICE)
    header.RescaleIntercept = -1000 if element == "RescaleIntercept" else header.RescaleIntercept
    header.PixelData = header.PixelData[::-1] if element == "PixelData" else header.PixelData
    header.save_as(series / "other.dcm")
    with pytest.raises(InputError) as caught:
        read_image(series)
    assert f"slices in one place with different pixels: {SLICE} and other.dcm; expected one" in str(caught.value)
