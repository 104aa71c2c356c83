from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG2MPML,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.dicom.pixels import open_pixels, stored_values
from dataset_conversion.images.dicom.slices import read_headers
from dataset_conversion.images.registry import read_image
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.errors import InputError
from tests.dataset_conversion.scans import outside_circle, scan

SaveSeries = Callable[..., Path]
Change = Callable[[int, Dataset], None]


def signed(volume: Volume) -> Change:
    """Stores Hounsfield units as they are, as signed numbers."""

    def change(number: int, header: Dataset) -> None:
        header.PixelRepresentation, header.RescaleIntercept = 1, 0
        header.PixelData = volume.array[number].astype("<i2").tobytes()

    return change


def padded(value: int) -> Volume:
    return replace(scan(), array=np.where(outside_circle(), value, scan().array).astype(np.int16))


@pytest.mark.parametrize("hu", [-2000, -1500, 0, 3000])
@pytest.mark.parametrize("representation", ["SS", "US"])
def test_declared_padding_is_air_whatever_its_value(
    tmp_path: Path, save_series: SaveSeries, hu: int, representation: str
) -> None:
    def declare(number: int, header: Dataset) -> None:
        signed(padded(hu))(number, header)
        header.add_new("PixelPaddingValue", representation, hu if representation == "SS" else hu % 2**16)

    ct = read_ct(save_series(tmp_path / "a", padded(hu), declare))
    np.testing.assert_array_equal(ct.array, padded(-1024).array)
    (warning,) = ct.warnings
    assert f"{int(outside_circle().sum())} voxels (24 %) of PixelPaddingValue set to -1024 HU (air)" in warning


def test_a_range_of_padding(tmp_path: Path, save_series: SaveSeries) -> None:
    voxels = padded(0).array
    voxels[outside_circle()] = np.random.default_rng(0).integers(2000, 2500, outside_circle().sum())
    volume = replace(scan(), array=voxels)

    def declare(number: int, header: Dataset) -> None:
        header.add_new("PixelPaddingValue", "US", 2499 + 1024)
        header.add_new("PixelPaddingRangeLimit", "US", 2000 + 1024)

    ct = read_ct(save_series(tmp_path / "a", volume, declare))
    np.testing.assert_array_equal(ct.array, padded(-1024).array)


def test_tissue_with_the_value_of_the_padding_stays(tmp_path: Path, save_series: SaveSeries) -> None:
    def declare(number: int, header: Dataset) -> None:
        header.add_new("PixelPaddingValue", "US", 50 + 1024)

    ct = read_ct(save_series(tmp_path / "a", scan(), declare))
    np.testing.assert_array_equal(ct.array, scan().array)
    assert ct.warnings == ()


def test_air_as_padding_changes_nothing(tmp_path: Path, save_series: SaveSeries) -> None:
    def declare(number: int, header: Dataset) -> None:
        header.add_new("PixelPaddingValue", "US", 0)

    ct = read_ct(save_series(tmp_path / "a", padded(-1024), declare))
    np.testing.assert_array_equal(ct.array, padded(-1024).array)
    assert ct.warnings == ()


@pytest.mark.parametrize("store", [lambda volume: lambda number, header: None, signed], ids=["unsigned", "signed"])
def test_how_values_are_displayed_does_not_change_them(
    tmp_path: Path, save_series: SaveSeries, store: Callable[[Volume], Change]
) -> None:
    def display(number: int, header: Dataset) -> None:
        store(scan())(number, header)
        header.PhotometricInterpretation = "MONOCHROME1"

    ct = read_ct(save_series(tmp_path / "a", scan(), display))
    np.testing.assert_array_equal(ct.array, scan().array)
    assert ct.array.dtype == np.int16
    (warning,) = ct.warnings
    assert "40 of 40 slices are MONOCHROME1" in warning


def test_inverted_values_are_refused(tmp_path: Path, save_series: SaveSeries) -> None:
    def invert(number: int, header: Dataset) -> None:
        header.PhotometricInterpretation = "MONOCHROME1"
        header.PixelData = (4095 - (scan().array[number].astype(np.int32) + 1024)).astype(np.uint16).tobytes()

    with pytest.raises(InputError, match="expected"):
        read_ct(save_series(tmp_path / "a", scan(), invert))


def test_colours_of_a_palette_are_refused(tmp_path: Path, save_series: SaveSeries) -> None:
    def colour(number: int, header: Dataset) -> None:
        header.PhotometricInterpretation = "PALETTE COLOR"

    with pytest.raises(InputError, match="PhotometricInterpretation PALETTE COLOR; expected MONOCHROME1 or"):
        read_image(save_series(tmp_path / "a", scan(), colour))


@pytest.mark.parametrize(
    ("length", "found"),
    [(lambda size: size // 2, "4200 bytes"), (lambda size: size - 2, "8398 bytes")],
)
def test_short_pixel_data_name_their_files(
    tmp_path: Path, save_series: SaveSeries, length: Callable[[int], int], found: str
) -> None:
    def cut(number: int, header: Dataset) -> None:
        if number in (20, 21):
            header.PixelData = header.PixelData[: length(len(header.PixelData))]

    folder = save_series(tmp_path / "a", scan(), cut)
    with pytest.raises(InputError) as caught:
        read_image(folder)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{folder}: 2 of 40 slices (43_1.2.3.dcm, 50_1.2.3.dcm): PixelData has {found}")
    assert "expected 8400 for 60 x 70 voxels" in problem


@pytest.mark.parametrize(("name", "value"), [("Rows", 30), ("Columns", 35), ("BitsAllocated", 8)])
def test_pixel_data_longer_than_the_image_are_refused(
    tmp_path: Path, save_series: SaveSeries, name: str, value: int
) -> None:
    def change(number: int, header: Dataset) -> None:
        setattr(header, name, value)

    with pytest.raises(InputError, match="PixelData has 8400 bytes; expected 4200"):
        read_image(save_series(tmp_path / "a", scan(), change))


def test_a_slice_without_pixel_data(tmp_path: Path, save_series: SaveSeries) -> None:
    def remove(number: int, header: Dataset) -> None:
        del header.PixelData

    with pytest.raises(InputError, match="no PixelData"):
        read_image(save_series(tmp_path / "a", scan(), remove))


def test_a_run_length_stream_that_ends_in_zeros(tmp_path: Path, save_series: SaveSeries) -> None:
    def damage(number: int, header: Dataset) -> None:
        header.compress(RLELossless)
        data = bytes(header.PixelData)
        if number == 20:
            half = len(data) // 2
            header.PixelData = data[:half] + bytes(len(data) - half - 8) + data[-8:]

    with pytest.raises(InputError, match="expected a complete DICOM image"):
        read_image(save_series(tmp_path / "a", scan(), damage))


def test_a_jpeg_stream_without_its_end(tmp_path: Path, save_series: SaveSeries) -> None:
    def compress(number: int, header: Dataset) -> None:
        header.file_meta.TransferSyntaxUID = JPEGLosslessSV1
        header.PixelData = encapsulate([b"\xff\xd8" + bytes(100)])
        header["PixelData"].is_undefined_length = True

    with pytest.raises(InputError, match="compressed PixelData without its end"):
        read_image(save_series(tmp_path / "a", scan(), compress))


SYNTAXES = {
    "RLE": RLELossless,
    "JPEG lossless": JPEGLosslessSV1,
    "JPEG lossless, process 14": JPEGLossless,
    "JPEG 2000": JPEG2000Lossless,
    "JPEG-LS": JPEGLSLossless,
    "deflated": DeflatedExplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "implicit": ImplicitVRLittleEndian,
}


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize("store", [lambda volume: lambda number, header: None, signed], ids=["unsigned", "signed"])
def test_every_transfer_syntax(
    tmp_path: Path, save_series: SaveSeries, name: str, store: Callable[[Volume], Change]
) -> None:
    """GDCM compresses, as in many archives; SimpleITK is the oracle where it reads the syntax."""
    small = Volume(scan().array[:6, :40, :40], scan().affine)
    folder = save_series(tmp_path / "a", small, store(small))
    for path in folder.iterdir():
        recode(path, SYNTAXES[name])
    header, array = read_image(folder)
    np.testing.assert_array_equal(array, small.array)
    np.testing.assert_allclose(header.affine, small.affine, atol=1e-6)


def recode(path: Path, syntax: UID) -> None:
    if not syntax.is_encapsulated:
        recode_plain(path, syntax)
        return
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str(syntax))))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()


def recode_plain(path: Path, syntax: UID) -> None:
    header = pydicom.dcmread(path)
    if syntax == ExplicitVRBigEndian:
        header.PixelData = np.frombuffer(header.PixelData, "<u2").astype(">u2").tobytes()
        header["PixelData"].VR = "OW"
    header.file_meta.TransferSyntaxUID = syntax
    little = syntax != ExplicitVRBigEndian
    pydicom.dcmwrite(path, header, implicit_vr=syntax.is_implicit_VR, little_endian=little, enforce_file_format=True)


PACKAGED = [
    "693_J2KR.dcm",
    "693_UNCR.dcm",
    "CT_small.dcm",
    "JPEG-LL.dcm",
    "JPEG2000.dcm",
    "JPEGLSNearLossless_16.dcm",
    "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "image_dfl.dcm",
]


@pytest.mark.parametrize("name", PACKAGED)
def test_files_that_come_with_pydicom_are_as_simpleitk_reads_them(name: str) -> None:
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"{name} does not come with this version of pydicom")
    (found,) = read_headers([Path(path)]).slices
    slope, intercept = found.rescale
    values = stored_values(open_pixels(found), found) * slope + intercept
    expected = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path, imageIO="GDCMImageIO"))[0]
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_a_syntax_without_its_decoder_names_what_to_install(
    tmp_path: Path, save_series: SaveSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_series(tmp_path / "a", scan(), lambda number, header: header.compress(RLELossless))
    monkeypatch.setattr("pydicom.pixels.decoders.base.Decoder.is_available", False)
    with pytest.raises(InputError, match="RLE Lossless without a decoder; expected it: pip install python-gdcm"):
        read_image(folder)


def test_a_syntax_of_films_is_refused(tmp_path: Path, save_series: SaveSeries) -> None:
    folder = save_series(tmp_path / "a", scan())
    for path in folder.iterdir():
        header = pydicom.dcmread(path)
        header.file_meta.TransferSyntaxUID = MPEG2MPML
        header.PixelData = encapsulate([bytes(100)])
        header["PixelData"].is_undefined_length = True
        header.save_as(path)
    with pytest.raises(InputError, match=r"transfer syntax MPEG2 .*; expected one of CT images that pydicom reads"):
        read_image(folder)
