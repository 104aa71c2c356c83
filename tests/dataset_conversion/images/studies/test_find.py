"""Exports of a PACS and CDs: nested folders, several patients, studies and series, and all that lies beside."""

from pathlib import Path

import pytest
from pydicom.fileset import FileSet

from dataset_conversion.images.pairing import list_images
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.studies.selection import DicomSelection
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import DicomSeries
from tests.dataset_conversion.images.studies.exports import other_object, slices, write

DOSE_REPORT = "1.2.840.10008.5.1.4.1.1.88.67"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
LOCALISER = ["ORIGINAL", "PRIMARY", "LOCALIZER"]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients: one with four reconstructions of a scan and what lies beside them, one with a thick series."""
    root = tmp_path_factory.mktemp("export")
    first, second = root / "DICOM" / "00000001", root / "DICOM" / "00000002"
    write(first / "S1", slices("1.2.10", 1, ImageType=LOCALISER))
    write(first / "S2", slices("1.2.11", 12, 5.0, ConvolutionKernel="Br40d"))
    write(first / "S3", slices("1.2.12", 60, 1.0, ConvolutionKernel="Br40d", SeriesDescription="thin soft"))
    write(first / "S3", slices("1.2.13", 60, 1.0, ConvolutionKernel="Br64d"), prefix="B")
    write(first / "S4", slices("1.2.14", 20, 1.0, ConvolutionKernel="Br40d"))
    write(first / "S5", slices("1.2.15", 12, 5.0, ImageType=["DERIVED", "SECONDARY", "MIP"]))
    write(first / "S6", slices("1.2.16", 1, SOPClassUID=SECONDARY_CAPTURE, PixelSpacing=None))
    write(first / "S7", slices("1.2.17", 12, 5.0, Modality="MR"))
    other_object(first / "S8", "D", DOSE_REPORT, "SR")
    write(second / "S1", slices("1.2.20", 12, 5.0, StudyInstanceUID="1.2.5", PatientID="P2"))
    (root / "viewer.exe").write_bytes(b"MZ")
    return root


def test_one_series_of_each_study_is_chosen_with_the_reason(export: Path) -> None:
    found = list_images(export)
    assert {case: source.uid for source, case in found.case_ids.items() if isinstance(source, DicomSeries)} == {
        "S3": "1.2.12",
        "S1": "1.2.20",
    }
    chosen = next(source for source, case in found.case_ids.items() if case == "S3")
    assert isinstance(chosen, DicomSeries)
    assert chosen.choice == "of 4 series of its study: 60 mm long, slices of 1 mm, soft kernel Br40d"
    header = read_image_header(chosen)
    assert header.shape == (60, 24, 24)
    assert f"{chosen}: series 'thin soft' with 60 slices chosen {chosen.choice}" in header.warnings


def test_everything_else_is_listed_with_the_reason(export: Path) -> None:
    folder = export / "DICOM" / "00000001"
    reasons = {item.name_in(folder): item.reason for item in list_images(export).passed_over}
    assert reasons == {
        "S1": "a localiser",
        "S2": "slices of 5 mm, the chosen series 1",
        "S3 (series 1.2.13)": "sharp kernel Br64d, the chosen series soft kernel Br40d",
        "S4": "20 mm long, the chosen series 60",
        "S5": "computed from other images (MIP)",
        "S6": "a secondary capture",
        "S7": "modality MR",
        "S8/D": "X-Ray Radiation Dose SR Storage",
        str(export / "viewer.exe"): "not an image",
    }


def test_a_named_series_is_taken_in_its_study_only(export: Path) -> None:
    found = list_images(export, DicomSelection(series=("1.2.11",)))
    assert sorted(source.uid for source in found.case_ids if isinstance(source, DicomSeries)) == ["1.2.11", "1.2.20"]
    reasons = {item.name_in(): item.reason for item in found.passed_over}
    assert reasons[f"{export}/DICOM/00000001/S4"] == "another series was named by --series"


def test_a_series_that_is_not_there(export: Path) -> None:
    with pytest.raises(
        InputError, match=r"--series 9\.9: not found; expected one of 1\.2\.10 \('1\.2\.10' with 1 slices\); "
    ):
        list_images(export, DicomSelection(series=("9.9",)))


def test_the_files_are_in_the_order_of_the_slices(export: Path) -> None:
    chosen = next(one for one in list_images(export).case_ids if isinstance(one, DicomSeries) and one.uid == "1.2.20")
    assert [path.name for path in chosen.files] == [f"I{(number * 7) % 997:03d}" for number in range(12)]
    assert (chosen.study_uid, chosen.frame_of_reference_uid, chosen.folder.name) == ("1.2.5", "1.2.2", "S1")


def test_studies_in_one_folder_get_names_that_show_no_patient(tmp_path: Path) -> None:
    for number in (1, 2):
        study = slices(f"1.2.{number}0", StudyInstanceUID=f"1.2.{number}", PatientID=f"P{number}")
        write(tmp_path / "flat", study, prefix=f"{number}_")
    names = list(list_images(tmp_path).case_ids.values())
    assert len(set(names)) == 2
    assert all(len(name) == 25 and "P" not in name and "2024" not in name for name in names)


def test_a_series_in_two_folders_is_one(tmp_path: Path) -> None:
    made = slices("1.2.10")
    write(tmp_path / "a", made[:6])
    write(tmp_path / "b", made[6:])
    (found,) = list_images(tmp_path).case_ids
    assert read_image_header(found).shape == (12, 24, 24)
    assert "its slices lie in 2 folders" in str(read_image_header(found).warnings)


def test_a_copy_in_another_folder_is_passed_over(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(tmp_path / folder, slices("1.2.10"))
    found = list_images(tmp_path)
    assert list(found.case_ids.values()) == ["a"]
    assert [item.reason for item in found.passed_over] == [f"a copy of {tmp_path / 'a'}: the same places and pixels"]


def test_scans_that_all_have_the_same_uids_are_cases_of_their_own(tmp_path: Path) -> None:
    """As some programs write them."""
    for number, folder in enumerate("ab"):
        made = slices("1.2.10", 12 + number)
        write(tmp_path / folder, made)
    assert list(list_images(tmp_path).case_ids.values()) == ["a", "b"]


def test_a_study_without_ct_is_said(tmp_path: Path) -> None:
    write(tmp_path / "mr", slices("1.2.10", Modality="MR"))
    with pytest.raises(InputError) as caught:
        list_images(tmp_path)
    assert f"{tmp_path}: passed over (modality MR): mr" in str(caught.value)


def test_an_index_that_names_files_which_are_not_there(tmp_path: Path) -> None:
    files = FileSet()
    for header in slices("1.2.826.0.1.10"):
        header.SeriesNumber, header.PatientName, header.StudyTime = 1, "A", "120000"
        header.StudyID, header.AccessionNumber = "1", ""
        files.add(header)
    files.write(tmp_path / "cd")
    (found,) = list_images(tmp_path / "cd").case_ids
    assert read_image_header(found).shape == (12, 24, 24)
    image = next(path for path in (tmp_path / "cd").rglob("*") if path.is_file() and path.name != "DICOMDIR")
    assert [item.reason for item in list_images(tmp_path / "cd").passed_over] == ["Media Storage Directory Storage"]
    image.unlink()
    (index,) = (item.reason for item in list_images(tmp_path / "cd").passed_over)
    assert index.endswith("; 1 of the files that it names are not there")
