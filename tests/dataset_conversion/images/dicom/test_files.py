from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from dataset_conversion.images.dicom.files import (
    holds_dicom_images,
    is_dicom,
    object_kind,
)
from dataset_conversion.images.registry import read_image
from dataset_conversion.images.volume import Volume

SaveSeries = Callable[..., Path]
PIXELS = ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")
META_START = 132


def test_a_folder_that_cannot_be_read_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert not holds_dicom_images(tmp_path)


def test_a_folder_is_told_by_its_files(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    assert not holds_dicom_images(tmp_path)
    (tmp_path / "short").write_bytes(b"DICM")
    (tmp_path / "notes.txt").write_text("x" * 1000)
    assert not holds_dicom_images(tmp_path)
    series = save_series(tmp_path / "a", volume)
    assert not holds_dicom_images(tmp_path)
    assert holds_dicom_images(series)


def save_other_object(series: Path, name: str, sop_class: str, modality: str, with_rows: bool = False) -> None:
    """An object of another kind in a series of its own, as exports leave them beside a CT."""
    header = pydicom.dcmread(sorted(series.iterdir())[0])
    for attribute in () if with_rows else PIXELS:
        delattr(header, attribute)
    header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = sop_class
    header.Modality, header.SeriesInstanceUID = modality, f"1.2.9.{len(name)}"
    header.save_as(series / name)


OTHER_OBJECTS = [
    ("1.2.840.10008.5.1.4.1.1.104.1", "DOC", False, "Encapsulated PDF Storage"),
    ("1.2.840.10008.5.1.4.1.1.104.1", "OT", False, "Encapsulated PDF Storage"),
    ("1.2.840.10008.5.1.4.1.1.66", "CT", False, "Raw Data Storage"),
    ("1.2.840.10008.5.1.4.1.1.66.4", "SEG", True, "Segmentation Storage"),
    ("1.2.840.10008.5.1.4.1.1.481.2", "RTDOSE", True, "RT Dose Storage"),
    ("1.2.840.10008.1.3.10", "", False, "Media Storage Directory Storage"),
    ("1.3.12.2.1107.5.9.1", "CT", False, "SOP class 1.3.12.2.1107.5.9.1"),
    ("1.3.12.2.1107.5.9.1", "CT", True, "SOP class 1.3.12.2.1107.5.9.1"),
    ("1.2.3.4.5", "CT", False, "SOP class 1.2.3.4.5"),
]


@pytest.mark.parametrize(("sop_class", "modality", "with_rows", "kind"), OTHER_OBJECTS)
@pytest.mark.parametrize("name", ["ZZ.dcm", "00", "dicomdir"])
def test_objects_that_are_not_images_are_passed_over(
    tmp_path: Path,
    save_series: SaveSeries,
    volume: Volume,
    sop_class: str,
    modality: str,
    with_rows: bool,
    kind: str,
    name: str,
) -> None:
    series = save_series(tmp_path / "a", volume)
    save_other_object(series, name, sop_class, modality, with_rows)
    header, array = read_image(series)
    np.testing.assert_array_equal(array, volume.array)
    assert header.warnings == (f"{series}: passed over ({kind}): {name}",)


def test_a_folder_with_other_objects_only_is_no_case(tmp_path: Path, save_series: SaveSeries, volume: Volume) -> None:
    series = save_series(tmp_path / "a", volume)
    save_other_object(series, "ZZ", "1.2.840.10008.1.3.10", "")
    for path in series.glob("*.dcm"):
        path.unlink()
    assert not holds_dicom_images(series)


def test_a_ct_without_rows_is_damaged() -> None:
    header = Dataset()
    header.SOPClassUID, header.Modality, header.SeriesInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "CT", "1.2.3"
    assert object_kind(header) is None


def test_a_file_that_was_cut_off_before_its_series_counts_as_an_image() -> None:
    header = Dataset()
    header.SOPClassUID = "1.2.840.10008.5"
    assert object_kind(header) is None


def test_an_object_without_a_class_is_told_by_its_rows_and_modality() -> None:
    header = Dataset()
    header.Modality, header.SeriesInstanceUID = "SR", "1.2.3"
    assert object_kind(header) == "modality SR"
    header.Rows = 5
    assert object_kind(header) is None


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("with_meta", [False, True])
@pytest.mark.parametrize("ending", [".dcm", "", ".DCM"])
def test_slices_without_preamble(
    tmp_path: Path, save_series: SaveSeries, volume: Volume, implicit: bool, with_meta: bool, ending: str
) -> None:
    def encode(number: int, header: Dataset) -> None:
        if implicit:
            header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian

    series = save_series(tmp_path / "a", volume, encode)
    for path in sorted(series.iterdir()):
        content = path.read_bytes()
        start = META_START if with_meta else content.index(b"\x08\x00\x08\x00")
        path.unlink()
        path.with_name(path.name.removesuffix(".dcm").replace(".", "_") + ending).write_bytes(content[start:])
    assert holds_dicom_images(series)
    _, array = read_image(series)
    np.testing.assert_array_equal(array, volume.array)


@given(st.binary(max_size=200))
def test_any_bytes_are_looked_at(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(content)
    assert is_dicom(path) in (True, False)


@pytest.mark.parametrize(
    "text", [b"", b"x,y,z\n1,2,3\n", b"\x08\x00", b"\x08\x00\xff\xffCS", b"%PDF-1.4", b"\x08\x00" * 50]
)
def test_other_files_are_not_dicom(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a").write_bytes(text)
    assert not is_dicom(tmp_path / "a")
