from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from dataset_conversion.images.dicom.slices import read_slices
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.errors import InputError

SaveSeries = Callable[..., Path]


def test_headers_of_all_slices(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    slices, passed_over = read_slices(save_series(tmp_path / "a", volume))
    assert len(slices) == 60
    assert passed_over == []
    first = slices[0]
    assert first.steps is not None
    assert first.position is not None
    assert (first.series, first.modality, first.size) == ("1.2.3", "CT", (36, 40))
    assert (first.samples, first.frames, first.localiser, first.rescale) == (1, 1, False, (1.0, -1024.0))
    np.testing.assert_allclose(first.steps, np.array([[1.5, 0, 0], [0, 1.5, 0]]), atol=1e-9)
    np.testing.assert_allclose(first.position, np.array([-20.0, 10.0, -300.0]))


def test_row_and_column_spacing_are_not_mixed_up(tmp_path: Path, save_series: SaveSeries) -> None:
    volume = Volume(np.zeros((2, 3, 4), np.int16), np.diag([0.5, 0.8, 2.0, 1.0]))
    steps = read_slices(save_series(tmp_path / "a", volume))[0][0].steps
    assert steps is not None
    np.testing.assert_allclose(steps, np.array([[0.5, 0, 0], [0, 0.8, 0]]))


def test_other_objects_and_files_are_skipped(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def become_structures(number: int, header: Dataset) -> None:
        header.Modality = "RTSTRUCT"
        del header.Rows
        del header.PixelData

    save_series(tmp_path / "a", Volume(volume.array[:1], volume.affine), become_structures, "1.2.4")
    folder = save_series(tmp_path / "a", volume)
    (folder / "readme.txt").write_text("hospital")
    slices, passed_over = read_slices(folder)
    assert len(slices) == 60
    reasons = {item.path.name: item.reason for item in passed_over}
    assert reasons == {"00_1.2.4.dcm": "modality RTSTRUCT", "readme.txt": "not DICOM"}


def test_missing_tags_of_a_slice(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def forget(number: int, header: Dataset) -> None:
        for name in ("Modality", "ImageType", "PixelSpacing", "ImagePositionPatient", "RescaleSlope"):
            delattr(header, name)
        header.RescaleIntercept = None

    (found,), _ = read_slices(save_series(tmp_path / "a", Volume(volume.array[:1], volume.affine), forget))
    assert (found.modality, found.localiser, found.rescale) == ("", False, (1.0, 0.0))
    assert (found.steps, found.position) == (None, None)


def test_damaged_headers_come_at_once(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def damage(number: int, header: Dataset) -> None:
        if number in (3, 9):
            header.Rows = None

    with pytest.raises(InputError) as caught:
        read_slices(save_series(tmp_path / "a", volume, damage))
    assert len(caught.value.problems) == 2
    assert all(
        "cannot be read" in problem and "expected a complete DICOM image" in problem
        for problem in caught.value.problems
    )
