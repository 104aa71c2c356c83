from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from dataset_conversion.images.dicom.slices import Slice, read_headers
from dataset_conversion.images.volume import Volume

SaveSeries = Callable[..., Path]


def slices_of(folder: Path) -> list[Slice]:
    read = read_headers(sorted(folder.iterdir()))
    assert (read.passed_over, read.damaged) == ([], {})
    return read.slices


def test_headers_of_all_slices(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    slices = slices_of(save_series(tmp_path / "a", volume))
    assert len(slices) == 60
    first = slices[0]
    assert first.steps is not None
    assert first.position is not None
    assert (first.series, first.modality, first.size) == ("1.2.3", "CT", (36, 40))
    assert (first.samples, first.frames, first.localiser, first.rescale) == (1, 1, False, (1.0, -1024.0))
    np.testing.assert_allclose(first.steps, np.array([[1.5, 0, 0], [0, 1.5, 0]]), atol=1e-9)
    np.testing.assert_allclose(first.position, np.array([-20.0, 10.0, -300.0]))


def test_row_and_column_spacing_are_not_mixed_up(tmp_path: Path, save_series: SaveSeries) -> None:
    volume = Volume(np.zeros((2, 3, 4), np.int16), np.diag([0.5, 0.8, 2.0, 1.0]))
    steps = slices_of(save_series(tmp_path / "a", volume))[0].steps
    assert steps is not None
    np.testing.assert_allclose(steps, np.array([[0.5, 0, 0], [0, 0.8, 0]]))


def test_other_objects_and_files_are_skipped(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def become_structures(number: int, header: Dataset) -> None:
        header.Modality = "RTSTRUCT"
        del header.Rows
        del header.PixelData

    save_series(tmp_path / "a", Volume(volume.array[:1], volume.affine), become_structures, "1.2.4")
    folder = save_series(tmp_path / "a", volume)
    read = read_headers(sorted(folder.iterdir()))
    assert len(read.slices) == 60
    assert {item.path.name: item.reason for item in read.passed_over} == {"00_1.2.4.dcm": "modality RTSTRUCT"}


def test_missing_tags_of_a_slice(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def forget(number: int, header: Dataset) -> None:
        for name in ("Modality", "ImageType", "PixelSpacing", "ImagePositionPatient", "RescaleSlope"):
            delattr(header, name)
        header.RescaleIntercept = None

    (found,) = slices_of(save_series(tmp_path / "a", Volume(volume.array[:1], volume.affine), forget))
    assert (found.modality, found.localiser, found.rescale) == ("", False, (1.0, 0.0))
    assert (found.steps, found.position) == (None, None)


def test_damaged_headers_come_at_once(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def damage(number: int, header: Dataset) -> None:
        if number in (3, 9):
            header.Rows = None

    read = read_headers(sorted(save_series(tmp_path / "a", volume, damage).iterdir()))
    assert len(read.damaged) == 2
    assert all(
        "cannot be read" in problem and "expected a complete DICOM image" in problem
        for problem in read.damaged.values()
    )
