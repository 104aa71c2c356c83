"""Each object is sent until the archive has it, and not again."""

from pathlib import Path

import pytest

from tests.vf_nnunet.dicom_studies import save_report
from vf_nnunet.archive.attempts import ArchiveError, Unreachable
from vf_nnunet.archive.destination import Answer
from vf_nnunet.archive.objects import DicomObject, find_objects
from vf_nnunet.archive.sent_record import SentRecord
from vf_nnunet.archive.settings import ConnectionSettings
from vf_nnunet.archive.store import Sent, store_objects


class Archive:
    """Does what the test says with the objects that come."""

    name = "archive"

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers, self.came, self.closed = list(answers), list[str](), 0

    def send(self, item: DicomObject) -> Answer:
        self.came.append(item.path.parent.parent.name)
        answer = self.answers.pop(0) if self.answers else Answer(True)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1


def store(folder: Path, archive: Archive, settings: ConnectionSettings) -> Sent:
    return store_objects(SentRecord(folder, archive.name), find_objects(folder)[0], archive, settings)


def test_a_second_run_sends_only_the_rest(folder: Path, at_once: ConnectionSettings) -> None:
    archive = Archive(Answer(True), Answer(False, "no"), Answer(True, "changed"))
    sent = store(folder, archive, at_once)
    assert str(sent) == "2 accepted, 1 refused"
    refused = folder / "case_1" / "dicom" / "report.dcm"
    assert sent.refused == [f"{refused}: refused by archive: no"]
    assert sent.remarks == [f"{folder / 'case_2' / 'dicom' / 'report.dcm'}: changed"]
    assert archive.closed == 1
    again = Archive()
    assert str(store(folder, again, at_once)) == "1 accepted, 2 accepted before, 0 refused"
    assert again.came == ["case_1"]


def test_an_object_that_was_made_anew_is_sent_again(folder: Path, at_once: ConnectionSettings) -> None:
    store(folder, Archive(), at_once)
    save_report(folder / "case_0" / "dicom" / "report.dcm", 7)
    archive = Archive()
    store(folder, archive, at_once)
    assert archive.came == ["case_0"]


def test_an_archive_that_answers_later(folder: Path, at_once: ConnectionSettings) -> None:
    archive = Archive(Unreachable("busy"), Unreachable("busy"))
    assert store(folder, archive, at_once).accepted == 3
    assert archive.came == ["case_0", "case_0", "case_0", "case_1", "case_2"]


def test_an_archive_that_is_lost(folder: Path, at_once: ConnectionSettings) -> None:
    lost = [Unreachable("archive: no answer")] * 3
    archive = Archive(Answer(False, "no"), Answer(True), *lost)
    with pytest.raises(ArchiveError) as caught:
        store(folder, archive, at_once)
    assert caught.value.problems == (
        f"{folder / 'case_0' / 'dicom' / 'report.dcm'}: refused by archive: no",
        "archive: no answer; 1 of 3 objects are stored: run the command again to send the rest",
    )
    assert archive.closed == 1
    again = Archive()
    store(folder, again, at_once)
    assert again.came == ["case_0", "case_2"]
