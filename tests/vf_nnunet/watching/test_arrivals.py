"""Which files are of which study, and since when they have been still."""

import shutil
from pathlib import Path

import pytest
from pydicom import Dataset

from tests.vf_nnunet.dicom_studies import SLICES, report_of, save_report, save_study, study_uid
from vf_nnunet.watching import arrivals
from vf_nnunet.watching.arrivals import Arrivals, Study, is_news


def by_uid(watched: Arrivals, now: float) -> dict[str, Study]:
    watched.poll(now)
    return {study.uid: study for study in watched.studies()}


def test_studies_are_told_apart_by_uid(tmp_path: Path) -> None:
    paths = [*save_study(tmp_path / "a", 1), *save_study(tmp_path / "a", 2)]
    shutil.move(paths[0], tmp_path / "elsewhere")
    found = by_uid(Arrivals(tmp_path), 0.0)
    assert set(found) == {study_uid(1), study_uid(2)}
    assert found[study_uid(1)].paths == {tmp_path / "elsewhere", *paths[1:SLICES]}
    assert len(found[study_uid(1)].instances) == SLICES


def test_a_study_is_still_while_nothing_of_it_changes(tmp_path: Path) -> None:
    watched = Arrivals(tmp_path)
    first = save_study(tmp_path / "a", 1)
    assert by_uid(watched, 1.0)[study_uid(1)].changed == 1.0
    save_study(tmp_path / "a", 2)
    found = by_uid(watched, 2.0)
    assert [found[study_uid(number)].changed for number in (1, 2)] == [1.0, 2.0]
    shutil.copy(first[0], tmp_path / "copy")
    assert by_uid(watched, 3.0)[study_uid(1)].changed == 3.0
    first[1].write_bytes(first[1].read_bytes()[:-2])
    assert by_uid(watched, 4.0)[study_uid(1)].changed == 4.0
    first[2].unlink()
    assert by_uid(watched, 5.0)[study_uid(1)].changed == 5.0
    assert by_uid(watched, 6.0)[study_uid(1)].changed == 5.0
    assert [study.uid for study in watched.studies()] == [study_uid(2), study_uid(1)]


def test_copies_and_other_objects_are_no_news(tmp_path: Path) -> None:
    watched = Arrivals(tmp_path)
    paths = save_study(tmp_path / "a", 1)
    known = by_uid(watched, 0.0)[study_uid(1)].instances
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    save_report(tmp_path / "report.dcm", 1)
    assert by_uid(watched, 1.0)[study_uid(1)].instances == known
    for path in paths:
        path.unlink()
    paths[0].parent.rmdir()
    (tmp_path / "b" / paths[0].name).unlink()
    fewer = by_uid(watched, 2.0)[study_uid(1)].instances
    assert len(fewer) == SLICES - 1
    assert not is_news(fewer, known)
    assert is_news(known, fewer)


def test_a_study_that_is_deleted_is_forgotten(tmp_path: Path) -> None:
    watched = Arrivals(tmp_path)
    save_study(tmp_path / "a", 1)
    assert by_uid(watched, 0.0)
    shutil.rmtree(tmp_path / "a")
    assert not by_uid(watched, 1.0)


def test_files_of_no_study(tmp_path: Path) -> None:
    def nameless(index: int, header: Dataset) -> None:
        del header.StudyInstanceUID

    nameless_paths = save_study(tmp_path / "a", 1, nameless)
    (tmp_path / "note.txt").write_text("note")
    (tmp_path / ".hidden").write_text("note")
    cut = save_report(tmp_path / "cut.dcm", 1)
    cut.write_bytes(cut.read_bytes()[:170])
    watched = Arrivals(tmp_path)
    assert not by_uid(watched, 1.0)
    others, changed = watched.others()
    reasons = {item.path: item.reason for item in others}
    assert reasons.pop(tmp_path / "note.txt") == "not DICOM"
    assert reasons.pop(cut)
    assert reasons == dict.fromkeys(nameless_paths, "no StudyInstanceUID")
    assert changed == 1.0


def test_a_directory_of_media_is_no_study(tmp_path: Path) -> None:
    directory = report_of(1)
    directory.file_meta.MediaStorageSOPClassUID = directory.SOPClassUID = "1.2.840.10008.1.3.10"
    directory.save_as(tmp_path / "DICOMDIR", enforce_file_format=True)
    watched = Arrivals(tmp_path)
    assert not by_uid(watched, 0.0)
    assert watched.others() == ([], 0.0)


def test_what_cannot_be_read_now_is_read_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_report(tmp_path / "a.dcm", 1)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    watched = Arrivals(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(arrivals, "_read", refuse)
        assert not by_uid(watched, 0.0)
    assert watched.problems == [f"{path}: cannot be read: Permission denied"]
    assert watched.others() == ([], 0.0)
    assert by_uid(watched, 1.0)[study_uid(1)].changed == 1.0
    assert not watched.problems


def test_a_folder_that_cannot_be_opened_for_a_moment_is_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_report(tmp_path / "a.dcm", 1)
    watched = Arrivals(tmp_path)
    by_uid(watched, 0.0)

    def lost(folder: Path) -> None:
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr("dataset_conversion.spine.records.folder_walk.os.scandir", lost)
        assert by_uid(watched, 1.0)[study_uid(1)].changed == 0.0
    assert watched.problems == [f"{tmp_path}: cannot be opened: Stale file handle"]
