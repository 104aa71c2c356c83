"""The objects of a case: what they refer to, that they stay the same, and what cannot be written."""

import errno
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.dicom_results.cases import Case, make_case
from tests.vf_nnunet.dicom_results.series import ACCESSION, NAME, PATIENT_ID, save

OBJECTS = {"report", "findings", "vertebrae", "picture", "key_slices"}


def change(case: Case, **values: object) -> None:
    """Set elements in all slices; None removes them."""
    for path in case.files:
        header = pydicom.dcmread(path)
        for keyword, value in values.items():
            if value is None:
                del header[keyword]
            else:
                setattr(header, keyword, value)
        header.save_as(path)


def read(folder: Path) -> dict[str, Dataset]:
    return {path.stem: pydicom.dcmread(path) for path in folder.iterdir()}


def test_all_objects_belong_to_the_patient_and_the_study(written: Case) -> None:
    objects = read(written.folder)
    assert objects.keys() == OBJECTS
    for made in objects.values():
        assert (made.PatientName, made.PatientID, made.AccessionNumber) == (NAME, PATIENT_ID, ACCESSION)
        assert (made.StudyInstanceUID, made.StudyDate) == ("1.2.3.1", "20240305")
        assert made.SOPInstanceUID.startswith("2.25.")
        assert made.SOPInstanceUID.is_valid
    for name in ("findings", "vertebrae"):
        assert objects[name].FrameOfReferenceUID == "1.2.3.3"
    assert len({made.SeriesInstanceUID for made in objects.values()}) == 4
    assert len({made.SOPInstanceUID for made in objects.values()}) == 5


def test_all_objects_refer_to_the_slices(written: Case) -> None:
    objects = read(written.folder)
    instances = {f"1.2.3.4.{number}" for number in range(24)}
    evidence = objects["report"].CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    of_series = {series.SeriesInstanceUID: series.ReferencedSOPSequence for series in evidence}
    assert {item.ReferencedSOPInstanceUID for item in of_series["1.2.3.2"]} == instances
    assert {item.ReferencedSOPInstanceUID for item in objects["picture"].SourceImageSequence} == instances
    sources = {
        item.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        for item in objects["vertebrae"].PerFrameFunctionalGroupsSequence
    }
    assert sources < instances
    (series,) = objects["key_slices"].CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    # The finding is at voxel 11.4 along the slices.
    assert [item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence] == ["1.2.3.4.11"]


def test_a_second_run_writes_the_same_bytes(tmp_path: Path, written: Case) -> None:
    """Also elsewhere, under another case id, and after other text about files."""
    folder = tmp_path / "elsewhere"
    shutil.copytree(written.files[0].parent, folder / "other")
    result = {**written.result, "case_id": "x", "image": "other", "warnings": [f"{folder}/other: größer als erwartet"]}
    files = [folder / "other" / path.name for path in written.files]
    replace(written, files=files, result=result, folder=tmp_path / "dicom").write()
    for path in written.folder.iterdir():
        assert (tmp_path / "dicom" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("changed", ["score", "weights", "threshold", "series"])
def test_other_results_are_other_objects(tmp_path: Path, written: Case, changed: str) -> None:
    result = dict(written.result)
    case = replace(written, result=result, folder=tmp_path / "dicom")
    if changed == "score":
        result["score"] = 0.91
    elif changed == "weights":
        result["fingerprint"] = {**result["fingerprint"], "model_sha256": "0"}
    elif changed == "threshold":
        result["operating_point"] = {**result["operating_point"], "probability_threshold": 0.51}
    else:
        shutil.copytree(written.files[0].parent, tmp_path / "series")
        case = replace(case, files=[tmp_path / "series" / path.name for path in written.files])
        change(case, SeriesInstanceUID="1.2.3.9")
        for path in case.files:
            header = pydicom.dcmread(path)
            header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"{header.SOPInstanceUID}.1"
            header.save_as(path)
    case.write()
    first, second = read(written.folder), read(case.folder)
    assert not {made.SOPInstanceUID for made in first.values()} & {made.SOPInstanceUID for made in second.values()}


def test_no_objects_for_what_is_not_there(tmp_path: Path) -> None:
    case = make_case(tmp_path, fractured=False)
    case.write()
    assert read(case.folder).keys() == {"report", "vertebrae", "picture"}
    without = replace(case, result={**case.result, "vertebrae": []}, folder=tmp_path / "without")
    without.write()
    assert read(without.folder).keys() == {"report", "picture"}


def test_paths_stay_on_this_computer(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    case.result["warnings"] = [f"{tmp_path}/series: a sentence", "series: another", "a third: with a colon"]
    case.write()
    content = b"".join(path.read_bytes() for path in case.folder.iterdir())
    assert str(tmp_path).encode() not in content
    assert b"Grete_4711" not in content
    assert b"series: another" not in content
    assert b"a third: with a colon" in content


def test_names_in_any_character_set(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    change(case, PatientName="Müßig^Jürgen", StudyDescription="Wirbelsäule")
    case.write()
    assert read(case.folder)["vertebrae"].StudyDescription == "Wirbelsäule"
    assert all(made.PatientName == "Müßig^Jürgen" for made in read(case.folder).values())
    assert b"gr\xc3\xb6\xc3\x9fer" in (case.folder / "report.dcm").read_bytes()


def test_elements_that_the_source_lacks_are_empty(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    lacking = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate")
    times = ("StudyTime", "ContentDate", "ContentTime", "AcquisitionDate", "AcquisitionTime", "Manufacturer")
    change(case, **dict.fromkeys((*lacking, *times, "ReferringPhysicianName", "SeriesNumber", "SpecificCharacterSet")))
    case.write()
    report = read(case.folder)["report"]
    assert all(not report[keyword].value for keyword in lacking)
    assert (report.ContentDate, report.ContentTime) == ("19000101", "000000")


def test_values_that_no_object_may_hold_are_left_out_and_said(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    change(case, PatientSex="W")
    said = _write(case)
    assert said == (f"{tmp_path / 'series'}: PatientSex left out of the DICOM objects; expected M, F or O",)
    assert not read(case.folder)["report"].PatientSex


def _write(case: Case) -> tuple[str, ...]:
    from vf_nnunet.dicom_results.write import write_dicom_results

    return write_dicom_results(case.folder, case.result, case.fracture, case.files, case.picture)


def test_a_source_that_cannot_be_referred_to(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    change(case, FrameOfReferenceUID=None)
    with pytest.raises(InputError, match=r"000\.dcm and 23 other files: no FrameOfReferenceUID; expected it"):
        case.write()
    assert not case.folder.exists()


def test_several_series_and_copies(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    header = pydicom.dcmread(case.files[1])
    header.SOPInstanceUID, header.StudyInstanceUID = "1.2.3.4.0", "1.2.3.1.1"
    header.save_as(case.files[1])
    with pytest.raises(InputError) as raised:
        case.write()
    assert [problem.split(": ")[1].split(";")[0] for problem in raised.value.problems] == [
        "2 values of StudyInstanceUID",
        "SOPInstanceUID of several slices",
    ]


def test_several_multiframe_files(tmp_path: Path) -> None:
    case = make_case(tmp_path, enhanced=True)
    other = pydicom.dcmread(case.files[0])
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = "1.2.3.7"
    with pytest.raises(InputError, match="2 multi-frame files; expected one"):
        replace(case, files=[*case.files, *save(tmp_path / "second", [other])]).write()


def test_a_file_that_is_gone_or_has_no_place(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    case.files[3].unlink()
    with pytest.raises(InputError, match=r"003\.dcm: cannot be read"):
        case.write()
    case = make_case(tmp_path / "second")
    change(case, PixelSpacing=None)
    with pytest.raises(InputError, match="no place in the patient"):
        case.write()


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(tmp_path)

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(f"With tag (7FE0,0010) got exception: [Errno {errno.ENOSPC}] No space left on device\nTraceback")

    with monkeypatch.context() as patch:
        patch.setattr("pydicom.dataset.Dataset.save_as", fail)
        with pytest.raises(InputError, match=r"cannot be written .*No space left on device\); expected") as raised:
            case.write()
    assert len(raised.value.problems) == len(str(raised.value).splitlines()) == 1
    assert not list(tmp_path.glob("*dicom*"))


def test_objects_are_replaced_together(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    case.folder.mkdir()
    (case.folder / "old.dcm").write_bytes(b"")
    case.write()
    assert read(case.folder).keys() == OBJECTS


def test_another_library_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(tmp_path)

    def fail(*arguments: object) -> None:
        raise AttributeError("a strange header\nand more")

    monkeypatch.setattr("vf_nnunet.dicom_results.write.picture", fail)
    with pytest.raises(InputError, match=r"AttributeError: a strange header\); expected a valid CT series") as raised:
        case.write()
    assert len(raised.value.problems) == 1


def test_results_and_maps_that_do_not_belong_together(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    without = replace(case.fracture, quantised=np.zeros_like(case.fracture.quantised))
    with pytest.raises(InputError, match="1 findings in its result, 0 in its map"):
        replace(case, fracture=without).write()
    older = {name: value for name, value in case.result.items() if name not in ("vertebrae", "fingerprint")}
    with pytest.raises(InputError, match="its result lacks fingerprint, vertebrae"):
        replace(case, result=older).write()
    case.picture.unlink()
    with pytest.raises(InputError, match=r"picture\.png: missing"):
        case.write()


def test_key_slices_of_a_multiframe_file_are_its_frames(tmp_path: Path) -> None:
    case = make_case(tmp_path, enhanced=True)
    case.write()
    items = read(case.folder)["key_slices"].ContentSequence
    (reference,) = [item.ReferencedSOPSequence[0] for item in items if "ReferencedSOPSequence" in item]
    frames = pydicom.dcmread(case.files[0]).PerFrameFunctionalGroupsSequence
    heights = [float(frame.PlanePositionSequence[0].ImagePositionPatient[2]) for frame in frames]
    z = case.result["findings"][0]["centre_lps_mm"][2]
    assert reference.ReferencedFrameNumber == 1 + int(np.argmin(np.abs(np.array(heights) - z)))


def test_the_picture_is_taken_as_it_is(written: Case) -> None:
    from PIL import Image

    made = pydicom.dcmread(written.folder / "picture.dcm")
    with Image.open(written.picture) as opened:
        np.testing.assert_array_equal(made.pixel_array, np.asarray(opened))
    assert made.BurnedInAnnotation == "NO"
    assert made.PatientOrientation == ["P", "F"]


@pytest.mark.parametrize("enhanced", [False, True])
def test_points_lie_at_the_centres_in_a_tilted_series(tmp_path: Path, enhanced: bool) -> None:
    from highdicom.sr import Scoord3DContentItem
    from highdicom.sr.utils import find_content_items

    case = make_case(tmp_path, "tilted", enhanced)
    case.write()
    report = read(case.folder)["report"]
    points = find_content_items(report, value_type="SCOORD3D", recursive=True)
    assert all(item.ReferencedFrameOfReferenceUID == "1.2.3.3" for item in points)
    found = [Scoord3DContentItem.from_dataset(item).value[0] for item in points]
    np.testing.assert_allclose(found[1:], case.centres, atol=1e-3)
    np.testing.assert_allclose(found[0], case.centres[1], atol=0.5)


def test_tilted_slices_are_said(tmp_path: Path) -> None:
    (said,) = _write(make_case(tmp_path, "tilted"))
    assert "tilted slices: the segments of the DICOM objects lie on them" in said
