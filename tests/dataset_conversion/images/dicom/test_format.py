from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from dataset_conversion.images.dicom.format import pseudonym
from dataset_conversion.images.registry import read_image, read_image_header
from dataset_conversion.images.volume import Volume, read_volume
from dataset_conversion.spine.errors import InputError

SaveSeries = Callable[..., Path]


def test_voxels_are_hounsfield_units_in_their_place(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    header, array = read_image(save_series(tmp_path / "a", volume))
    np.testing.assert_array_equal(array, volume.array)
    np.testing.assert_allclose(header.affine, volume.affine, atol=1e-9)
    assert (str(header.path), header.shape) == (str(tmp_path / "a"), volume.array.shape)
    assert (header.patient_id, header.warnings) == (None, ())


def test_slices_with_scales_of_their_own(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def rescale(number: int, header: Dataset) -> None:
        stored = volume.array[number].astype(np.int32) + 1024
        slope = 0.5 if number else 1
        header.RescaleSlope = slope
        header.PixelData = (stored / slope).astype(np.uint16).tobytes()

    read = read_volume(save_series(tmp_path / "a", volume, rescale))
    np.testing.assert_array_equal(read.array[1:], volume.array[1:])
    assert read.array.dtype == np.int16


def test_patients_stay_together_without_their_identifier(
    tmp_path: Path, save_series: SaveSeries, volume: Volume
) -> None:
    def name(patient: str) -> str | None:
        def change(number: int, header: Dataset) -> None:
            header.PatientID = patient

        return read_image_header(save_series(tmp_path / f"p{len(list(tmp_path.iterdir()))}", volume, change)).patient_id

    first, again, other = name("1234567 "), name("1234567"), name("1234568")
    assert first == again
    assert first != other
    assert "1234567" not in str(first)


@pytest.mark.parametrize("patient", ["", "ANONYMOUS", "anon17"])
def test_blanked_identifiers_give_no_pseudonym(patient: str) -> None:
    assert pseudonym(patient) is None


def test_a_pseudonym_is_the_beginning_of_a_sha256_sum() -> None:
    assert pseudonym("abc") == "patient-ba7816bf8f01"


@pytest.mark.parametrize("ending", [".dcm", ""])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_truncated_slice_is_never_accepted(
    tmp_path_factory: pytest.TempPathFactory, save_series: SaveSeries, ending: str, data: st.DataObject
) -> None:
    values = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
    folder = save_series(tmp_path_factory.mktemp("dicom") / "a", Volume(values, np.eye(4)))
    for path in folder.iterdir():
        path.rename(path.with_name(path.stem.split("_")[0] + ending))
    # The first and the last slice leave no gap.
    path = sorted(folder.iterdir())[data.draw(st.sampled_from([0, 1, -1]))]
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(InputError, match="expected"):
        read_image(folder)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_slice_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, save_series: SaveSeries, data: st.DataObject
) -> None:
    values = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
    folder = save_series(tmp_path_factory.mktemp("dicom") / "a", Volume(values, np.eye(4)))
    path = sorted(folder.iterdir())[1]
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(128, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    for read in (read_image_header, read_volume):
        with suppress(InputError):
            read(folder)


def test_compressed_slices(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def compress(number: int, header: Dataset) -> None:
        header.compress(RLELossless)

    _, array = read_image(save_series(tmp_path / "a", volume, compress))
    np.testing.assert_array_equal(array, volume.array)


def test_rounded_directions_are_straightened(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    def turn(number: int, header: Dataset) -> None:
        header.ImageOrientationPatient = [1, 0.003, 0, 0, 1, 0]

    header = read_image_header(save_series(tmp_path / "a", volume, turn))
    (warning,) = header.warnings
    assert "straightened to right angles" in warning
