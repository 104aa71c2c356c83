"""Each study is taken once, when it has been still; nothing that goes wrong stops the others."""

import shutil
from threading import Event

import pytest
from pydicom import Dataset

from dataset_conversion.images.studies.selection import DicomSelection
from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.dicom_studies import SLICES, save_report, save_study, study_uid
from tests.vf_nnunet.watching.conftest import QUIET, RETRY, Folders
from vf_nnunet.archive.attempts import ArchiveError
from vf_nnunet.screening.failures import recorded_failures
from vf_nnunet.screening.passed_over import PASSED_OVER
from vf_nnunet.screening.vertebrae.table import TABLE
from vf_nnunet.watching.arrivals import Study
from vf_nnunet.watching.study_job import Predicted
from vf_nnunet.watching.study_records import StudyRecord
from vf_nnunet.watching.watcher import Watcher


def done(study: Study) -> Predicted:
    return Predicted()


def test_a_study_is_taken_when_it_is_still(folders: Folders) -> None:
    folders.answer = done
    watcher = folders.watcher()
    save_study(folders.incoming, 1)
    assert not watcher.turn()
    folders.clock.now += QUIET - 1
    late = save_report(folders.incoming / "late.dcm", 1)
    assert not watcher.turn()
    folders.clock.now += QUIET - 1
    assert not watcher.turn()
    folders.clock.now += 1
    assert watcher.turn()
    assert folders.taken == [study_uid(1)]
    folders.clock.now += 10 * QUIET
    assert not watcher.turn()
    late.unlink()
    assert folders.let_pass(watcher) == 0


def test_a_study_is_not_taken_again_by_a_new_start(folders: Folders) -> None:
    folders.answer = done
    save_study(folders.incoming, 1)
    assert folders.let_pass(folders.watcher()) == 1
    again = folders.watcher()
    assert folders.let_pass(again) == 0
    shutil.copytree(folders.incoming, folders.incoming / "copies")
    save_report(folders.incoming / "report.dcm", 1)
    assert folders.let_pass(again) == 0
    shutil.rmtree(folders.incoming / "copies")
    assert folders.let_pass(again) == 0


def test_images_that_come_late_make_a_study_another_one(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    folders.answer = done
    watcher = folders.watcher()
    paths = save_study(folders.incoming, 1)
    paths[0].rename(folders.incoming.parent / "late")
    assert folders.let_pass(watcher) == 1
    (folders.incoming.parent / "late").rename(paths[0])
    assert folders.let_pass(watcher) == 1
    assert "again, because it has changed" in capsys.readouterr().err.splitlines()[-1]
    assert folders.let_pass(watcher) == 0


def test_a_failure_is_set_aside_until_the_study_changes(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    folders.answer = lambda study: Predicted(reasons=[f"study {study.uid}: cut off"])
    save_study(folders.incoming, 1)
    assert folders.let_pass(folders.watcher()) == 1
    assert f"study {study_uid(1)}: failed: cut off, " in capsys.readouterr().err
    assert "cut off" in (folders.output / "studies" / "failed" / f"{study_uid(1)}.json").read_text()
    watcher = folders.watcher()
    assert folders.let_pass(watcher, 1000 * QUIET) == 0
    folders.answer = done
    path = next(folders.incoming.iterdir())
    path.write_bytes(path.read_bytes() + b"\0\0")
    assert folders.let_pass(watcher) == 1
    assert not list((folders.output / "studies" / "failed").iterdir())


def test_a_reason_outside_the_study_is_tried_again(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    def full(study: Study) -> Predicted:
        raise OSError(28, "No space left on device")

    folders.answer = full
    save_study(folders.incoming, 1)
    watcher = folders.watcher()
    assert folders.let_pass(watcher) == 1
    assert "not done: [Errno 28] No space left on device; tried again in 100 s" in capsys.readouterr().err
    assert watcher.records.get(study_uid(1)) is None
    folders.answer = done
    folders.clock.now += RETRY - 1
    assert not watcher.turn()
    folders.clock.now += 1
    assert watcher.turn()


def test_an_unexpected_error_does_not_stop_the_others(folders: Folders) -> None:
    def broken(study: Study) -> Predicted:
        if study.uid == study_uid(1):
            raise RuntimeError("no such voxel")
        return Predicted()

    folders.answer = broken
    for number in (1, 2):
        save_study(folders.incoming, number)
    watcher = folders.watcher()
    assert folders.let_pass(watcher) == 2
    record = watcher.records.get(study_uid(1))
    assert record is not None
    assert "RuntimeError: no such voxel" in record.reasons[0]


def test_a_study_that_ends_the_program_comes_last(folders: Folders) -> None:
    def kill(study: Study) -> Predicted:
        if study.uid == study_uid(1):
            raise KeyboardInterrupt
        return Predicted()

    folders.answer = kill
    for number in (1, 2, 3):
        save_study(folders.incoming, number)
    with pytest.raises(KeyboardInterrupt):
        folders.let_pass(folders.watcher())
    with pytest.raises(KeyboardInterrupt):
        folders.let_pass(folders.watcher())
    assert folders.taken == [study_uid(number) for number in (1, 2, 3, 1)]
    folders.answer = done
    assert folders.let_pass(folders.watcher()) == 1


def test_a_full_disk_does_not_end_the_watch(
    folders: Folders, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(output: object) -> None:
        raise OSError(28, "No space left on device")

    watcher = folders.watcher()
    with monkeypatch.context() as patched:
        patched.setattr("vf_nnunet.watching.watcher.write_results_table", full)
        watcher.rest()
        watcher.rest()
    assert capsys.readouterr().err.count("not written: [Errno 28] No space left on device; tried again in 100 s") == 1
    folders.clock.now += RETRY
    watcher.rest()
    assert (folders.output / TABLE).is_file()


def test_other_files_are_recorded_once(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    (folders.incoming / "note.txt").write_text("note")
    watcher = folders.watcher()
    for _ in range(3):
        watcher.turn()
        watcher.rest()
        folders.clock.now += QUIET
    assert capsys.readouterr().err.count("passed over: note.txt (not DICOM)") == 1
    assert "note.txt" in (folders.output / PASSED_OVER).read_text()


class Archive:
    """Takes the objects of studies, or says why not."""

    name = "archive"

    def __init__(self, *answers: list[str] | Exception) -> None:
        self.answers, self.came = list(answers), list[str]()

    @property
    def destination(self) -> "Archive":
        return self

    def send(self, study: StudyRecord) -> list[str]:
        self.came.append(study.study)
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer


def with_archive(folders: Folders, archive: Archive) -> Watcher:
    watcher = folders.watcher()
    watcher.sending = archive  # type: ignore[assignment]
    return watcher


def test_an_archive_that_does_not_answer_gets_all_later(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    folders.answer = done
    archive = Archive(ArchiveError("no answer"))
    for number in (1, 2):
        save_study(folders.incoming, number)
    watcher = with_archive(folders, archive)
    assert folders.let_pass(watcher) == 2
    watcher.rest()
    assert archive.came == [study_uid(1)]
    assert f"study {study_uid(1)}: not stored: no answer; tried again in 100 s" in capsys.readouterr().err
    again = with_archive(folders, archive)
    again.rest()
    assert archive.came == [study_uid(1), study_uid(1), study_uid(2)]
    folders.clock.now += RETRY
    watcher.rest()
    with_archive(folders, archive).rest()
    assert archive.came[3:] == [study_uid(1), study_uid(2)]


def test_a_refusal_does_not_hold_the_others_back(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    folders.answer = done
    archive = Archive(["report.dcm: refused"])
    for number in (1, 2):
        save_study(folders.incoming, number)
    watcher = with_archive(folders, archive)
    assert folders.let_pass(watcher) == 2
    folders.clock.now += RETRY
    watcher.rest()
    assert archive.came == [study_uid(1), study_uid(2)]
    assert f"study {study_uid(1)}: not stored: report.dcm: refused" in capsys.readouterr().err
    with_archive(folders, archive).rest()
    assert archive.came == [study_uid(1), study_uid(2), study_uid(1)]


def test_real_studies(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    """Two studies in one folder, one in two folders, one without a slice, one without a CT."""
    paths = [*save_study(folders.incoming / "a", 1), *save_study(folders.incoming / "a", 2)]
    (folders.incoming / "b").mkdir()
    for path in paths[:5]:
        path.rename(folders.incoming / "b" / path.name)
    save_study(folders.incoming, 3)[7].unlink()
    save_report(folders.incoming / "report", 4)
    watcher = folders.watcher()
    assert folders.let_pass(watcher) == 4
    watcher.rest()
    records = [watcher.records.get(study_uid(number)) for number in (1, 2, 3, 4)]
    cases = [record.cases[0] for record in records[:2] if record]
    assert len({*cases}) == 2
    for case in cases:
        assert (folders.output / f"{case}.json").is_file()
    reasons = [record.reasons[0] for record in records[2:] if record]
    assert "slice" in reasons[0]
    assert str(folders.incoming) in reasons[0] or study_uid(3) in reasons[0]
    assert reasons[1] == f"study {study_uid(4)}: no CT among its 1 objects; expected a CT"
    assert set(recorded_failures(folders.output)) == {study_uid(3), study_uid(4)}
    assert "vf_nnunet_watch_" not in "".join(reasons) + capsys.readouterr().err
    assert (folders.output / TABLE).is_file()


def test_a_result_that_is_there_is_kept(folders: Folders) -> None:
    """A kill between the result and its record costs nothing."""
    save_study(folders.incoming, 1)
    assert folders.let_pass(folders.watcher()) == 1
    (result,) = (path for path in folders.output.glob("*.json") if path.name != PASSED_OVER)
    before = result.stat().st_mtime_ns
    shutil.rmtree(folders.output / "studies")
    assert folders.let_pass(folders.watcher()) == 1
    assert result.stat().st_mtime_ns == before
    assert (folders.output / "studies" / "done" / f"{study_uid(1)}.json").is_file()


def test_two_studies_of_one_name(folders: Folders) -> None:
    """The second one does not replace the result of the first."""
    folders.selection = DicomSelection(case_id="{Modality:plain}")
    for number in (1, 2):
        save_study(folders.incoming, number)
    watcher = folders.watcher()
    folders.let_pass(watcher)
    names = [record.cases for number in (1, 2) if (record := watcher.records.get(study_uid(number)))]
    assert names[0] == ["CT"]
    assert len(names[1]) == 1
    assert names[1][0].startswith("CT_")
    assert len(list(folders.output.glob("CT*.json"))) == 2


def test_a_truncated_slice(folders: Folders) -> None:
    path = save_study(folders.incoming, 1)[3]
    path.write_bytes(path.read_bytes()[:-100])
    watcher = folders.watcher()
    folders.let_pass(watcher)
    record = watcher.records.get(study_uid(1))
    assert record is not None
    assert path.name in record.reasons[0]


def test_mixed_patients(folders: Folders) -> None:
    def mix(index: int, header: Dataset) -> None:
        header.PatientID = f"P{index // (SLICES // 2)}"

    save_study(folders.incoming, 1, mix)
    watcher = folders.watcher()
    folders.let_pass(watcher)
    record = watcher.records.get(study_uid(1))
    assert record is not None
    assert "PatientID" in record.reasons[0]


def test_it_ends_after_the_present_study(folders: Folders) -> None:
    stop = Event()

    def last(study: Study) -> Predicted:
        stop.set()
        return Predicted()

    folders.answer = last
    for number in (1, 2):
        save_study(folders.incoming, number)
    watcher = folders.watcher()
    watcher.turn()
    folders.clock.now += QUIET
    watcher.run(stop)
    assert len(folders.taken) == 1
    assert (folders.output / TABLE).is_file()


def test_the_records_of_something_else_are_refused(folders: Folders) -> None:
    (folders.output / "studies" / "done").mkdir(parents=True)
    (folders.output / "studies" / "done" / "x.json").write_text("{}")
    with pytest.raises(InputError):
        folders.watcher()
