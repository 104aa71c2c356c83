"""What became of each study outlives the program."""

import json
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.watching.study_records import StudyRecord, StudyRecords, file_name


def test_a_record_is_there_again(tmp_path: Path) -> None:
    records = StudyRecords(tmp_path)
    assert records.get("1.2") is None
    records.end(StudyRecord("1.2", cases=["a"], instances=["x", "y"]))
    for again in (records, StudyRecords(tmp_path)):
        record = again.get("1.2")
        assert record is not None
        assert record.cases == ["a"]
        assert record.instances == []
        assert again.instances("1.2") == ["x", "y"]
        assert again.owner("a") == "1.2"
        assert again.owner("b") is None


def test_a_study_is_done_or_failed(tmp_path: Path) -> None:
    records = StudyRecords(tmp_path)
    records.end(StudyRecord("1.2", reasons=["no CT"]))
    assert [path.name for path in tmp_path.rglob("1.2.json")] == ["1.2.json"]
    assert (tmp_path / "studies" / "failed" / "1.2.json").is_file()
    records.end(StudyRecord("1.2", cases=["a"]))
    assert [path.parent.name for path in tmp_path.rglob("1.2.json")] == ["done"]
    records.end(StudyRecord("1.2", reasons=["cut off"]))
    assert [path.parent.name for path in tmp_path.rglob("1.2.json")] == ["failed"]


def test_a_kill_between_both_leaves_the_study_done(tmp_path: Path) -> None:
    records = StudyRecords(tmp_path)
    records.end(StudyRecord("1.2", reasons=["no CT"]))
    failed = tmp_path / "studies" / "failed" / "1.2.json"
    content = failed.read_text()
    records.end(StudyRecord("1.2", cases=["a"]))
    failed.write_text(content)
    record = StudyRecords(tmp_path).get("1.2")
    assert record is not None
    assert not record.reasons


def test_studies_that_ended_the_program(tmp_path: Path) -> None:
    for count in (1, 2):
        records = StudyRecords(tmp_path)
        records.begin("1.2")
        assert StudyRecords(tmp_path).times_begun("1.2") == count
    records.end(StudyRecord("1.2"))
    assert StudyRecords(tmp_path).times_begun("1.2") == 0


def test_what_no_archive_has(tmp_path: Path) -> None:
    records = StudyRecords(tmp_path)
    records.end(StudyRecord("1", cases=["a"], is_stored=False, instances=["x"]))
    records.end(StudyRecord("2", cases=["b"]))
    assert [record.study for record in records.unsent()] == ["1"]
    records.mark_stored("1")
    for again in (records, StudyRecords(tmp_path)):
        assert not again.unsent()
        assert again.instances("1") == ["x"]


def test_any_uid_has_a_file_of_its_own(tmp_path: Path) -> None:
    uids = ["1.2", "../1", "1/2", "a" * 300, ".", "", "1_2"]
    records = StudyRecords(tmp_path)
    for uid in uids:
        records.end(StudyRecord(uid))
    assert len(list((tmp_path / "studies" / "done").iterdir())) == len({file_name(uid) for uid in uids}) == len(uids)
    assert all(StudyRecords(tmp_path).get(uid) for uid in uids)


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"other": 1})])
def test_a_damaged_record_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "studies" / "done" / "1.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(InputError, match=r"1\.json: "):
        StudyRecords(tmp_path)
