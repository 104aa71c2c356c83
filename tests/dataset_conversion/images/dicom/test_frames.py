"""Enhanced multi-frame images are read as the slices that they hold; highdicom's volume is the oracle."""

from pathlib import Path

import highdicom
import numpy as np
import pytest
from highdicom.legacy import LegacyConvertedEnhancedCTImage
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import JPEGLSLossless, RLELossless

from dataset_conversion.images.pairing import list_images
from dataset_conversion.images.registry import read_image, read_image_header
from dataset_conversion.spine.errors import InputError
from tests.dataset_conversion.images.studies.exports import slices

ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"


def item(**elements: object) -> Sequence:
    made = Dataset()
    for name, value in elements.items():
        setattr(made, name, value)
    return Sequence([made])


def enhanced(made: list[Dataset], order: list[int], slope: float = 1.0) -> Dataset:
    """An enhanced CT with the slices in any order; each frame has a scale of its own."""
    image = made[0]
    frames = []
    for number in order:
        one = made[number]
        frame = Dataset()
        frame.PlanePositionSequence = item(ImagePositionPatient=one.ImagePositionPatient)
        frame.PixelValueTransformationSequence = item(RescaleSlope=slope, RescaleIntercept=-1024, RescaleType="HU")
        frame.CTImageFrameTypeSequence = item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])
        frames.append(frame)
    shared = Dataset()
    shared.PixelMeasuresSequence = item(PixelSpacing=image.PixelSpacing, SliceThickness=image.SliceThickness)
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=image.ImageOrientationPatient)
    shared.CTReconstructionSequence = item(ConvolutionKernel="Br40d")
    image.PixelData = b"".join(made[number].PixelData for number in order)
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(image, name)
    del image.RescaleSlope, image.RescaleIntercept
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = ENHANCED_CT
    image.NumberOfFrames = len(order)
    image.SharedFunctionalGroupsSequence = Sequence([shared])
    image.PerFrameFunctionalGroupsSequence = Sequence(frames)
    return image


def saved(folder: Path, image: Dataset) -> Path:
    folder.mkdir()
    image.save_as(folder / "IM1", enforce_file_format=True)
    return folder


def plain(image: list[Dataset]) -> np.ndarray:
    return np.stack([one.pixel_array for one in image]).astype(int) - 1024


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEGLSLossless])
def test_frames_in_any_order_are_a_volume(tmp_path: Path, syntax: str | None) -> None:
    expected = plain(slices("1.2.10", 8))
    image = enhanced(slices("1.2.10", 8), [3, 1, 0, 2, 7, 6, 5, 4])
    if syntax is not None:
        image.compress(syntax)
    header, array = read_image(saved(tmp_path / "a", image))
    np.testing.assert_array_equal(array, expected)
    np.testing.assert_allclose(header.affine, read_image_header(tmp_path / "a").affine)
    np.testing.assert_allclose(header.affine[:3, 3], [-60, -60, -200])
    assert header.warnings == ()


def test_each_frame_has_its_scale(tmp_path: Path) -> None:
    image = enhanced(slices("1.2.10", 8), list(range(8)))
    for number, frame in enumerate(image.PerFrameFunctionalGroupsSequence):
        frame.PixelValueTransformationSequence[0].RescaleIntercept = -1024 - number
    _, array = read_image(saved(tmp_path / "a", image))
    np.testing.assert_array_equal(array, plain(slices("1.2.10", 8)) - np.arange(8)[:, None, None])


def test_a_missing_frame_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"10\.000 mm from IM1 frame 4 to IM1 frame 5 \(5 mm of the patient missing\)"):
        read_image_header(saved(tmp_path / "a", enhanced(slices("1.2.10", 8), [0, 1, 2, 3, 5, 6, 7])))


def test_two_frames_in_one_place(tmp_path: Path) -> None:
    image = enhanced(slices("1.2.10", 8), list(range(8)))
    groups = image.PerFrameFunctionalGroupsSequence
    groups[4].PlanePositionSequence = groups[3].PlanePositionSequence
    with pytest.raises(InputError, match="IM1 frame 4 and IM1 frame 5; expected one slice per place"):
        read_image_header(saved(tmp_path / "a", image))


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    folder = saved(tmp_path / "a", enhanced(slices("1.2.10", 8), list(range(8))))
    content = (folder / "IM1").read_bytes()
    (folder / "IM1").write_bytes(content[:-100])
    with pytest.raises(InputError, match=r"8 of 8 slices .*; expected 9216 for 24 x 24 voxels: incomplete"):
        read_image(folder)


def test_several_enhanced_images_of_a_folder_are_cases_of_their_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        made = slices(f"1.2.{ord(name)}", 8, StudyInstanceUID=f"1.2.{ord(name)}")
        enhanced(made, list(range(8))).save_as(tmp_path / f"{name}.dcm", enforce_file_format=True)
    assert list(list_images(tmp_path).case_ids.values()) == ["a", "b"]


def test_a_legacy_converted_image_is_as_its_slices(tmp_path: Path) -> None:
    made = slices("1.2.10", 8)
    needed = {
        **dict.fromkeys(("PatientBirthDate", "PatientSex", "ReferringPhysicianName", "PositionReferenceIndicator"), ""),
        **dict.fromkeys(("StudyTime", "ContentTime", "AcquisitionTime"), "120000"),
        **dict.fromkeys(("ContentDate", "AcquisitionDate"), "20240131"),
        **{"PatientName": "A^B", "AccessionNumber": "1", "StudyID": "1", "Manufacturer": "M", "SeriesNumber": "1"},
        **{"PatientPosition": "HFS", "BurnedInAnnotation": "NO", "WindowCenter": "40", "WindowWidth": "400"},
        **{"ConvolutionKernel": "B30f", "RescaleType": "HU", "KVP": "120"},
    }
    for header in made:
        for name, value in needed.items():
            setattr(header, name, value)
    converted = LegacyConvertedEnhancedCTImage(made, "1.2.900", 9, "1.2.901", 1)
    header, array = read_image(saved(tmp_path / "a", converted))
    np.testing.assert_array_equal(array, plain(made))
    oracle = highdicom.imread(tmp_path / "a" / "IM1").get_volume()
    index = np.array([[2, 5, 7, 1], [0, 0, 0, 1], [7, 23, 1, 1]])
    for slice_, row, column, one in index:
        point = oracle.affine @ [slice_, row, column, one]
        z, y, x = np.rint(header.world_to_index(point[:3])[0]).astype(int)
        assert array[z, y, x] == oracle.array[slice_, row, column]
