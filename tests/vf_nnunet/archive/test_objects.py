"""Which files are sent."""

from pathlib import Path

import pytest
from pydicom.uid import EnhancedSRStorage, ExplicitVRLittleEndian

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.dicom_studies import report_of, save_report, save_study, study_uid
from vf_nnunet.archive.objects import DicomObject, find_objects
from vf_nnunet.archive.received import received_folder


def test_all_objects_in_any_folder(tmp_path: Path) -> None:
    path = save_report(tmp_path / "a" / "dicom" / "report.dcm", 1)
    slices = save_study(tmp_path / "b", 2)
    (tmp_path / "a.json").write_text("{}")
    found, problems = find_objects(tmp_path)
    assert not problems
    assert found[0] == DicomObject(
        path, EnhancedSRStorage, f"{study_uid(1)}.3.9", study_uid(1), str(ExplicitVRLittleEndian)
    )
    assert [item.path for item in found[1:]] == sorted(slices)


def test_what_came_from_an_archive_is_not_sent_back(tmp_path: Path) -> None:
    save_study(received_folder(tmp_path, "http://archive") / "1.2", 1)
    own = save_report(tmp_path / "case" / "dicom" / "report.dcm", 1)
    assert [item.path for item in find_objects(tmp_path)[0]] == [own]


def test_hidden_files_and_directories_of_media_are_left_out(tmp_path: Path) -> None:
    save_report(tmp_path / ".tmp-1-report.dcm", 1)
    save_report(tmp_path / ".case.tmp" / "report.dcm", 1)
    directory = report_of(1)
    directory.file_meta.MediaStorageSOPClassUID = directory.SOPClassUID = "1.2.840.10008.1.3.10"
    directory.save_as(tmp_path / "DICOMDIR", enforce_file_format=True)
    assert find_objects(tmp_path) == ([], [])


def test_broken_objects_are_named(tmp_path: Path) -> None:
    whole = save_report(tmp_path / "whole.dcm", 1)
    (tmp_path / "cut.dcm").write_bytes(whole.read_bytes()[:200])
    nameless = report_of(2)
    del nameless.StudyInstanceUID
    nameless.save_as(tmp_path / "nameless.dcm", enforce_file_format=True)
    found, problems = find_objects(tmp_path)
    assert [item.path for item in found] == [whole]
    assert len(problems) == 2
    assert "cut.dcm" in problems[0]
    assert problems[1] == (f"{tmp_path / 'nameless.dcm'}: StudyInstanceUID missing; expected a complete DICOM object")


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_objects(tmp_path / "missing")
