"""The record of what was accepted outlives a kill."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.sent_record import SENT, SentRecord


def add(record: SentRecord, name: str, accepted: bool = True) -> None:
    record.add(record.path.parent / f"{name}.dcm", name, f"sha of {name}", accepted, "")


def test_it_is_kept_by_archive_and_content(tmp_path: Path) -> None:
    record = SentRecord(tmp_path, "here")
    add(record, "a")
    add(record, "b", accepted=False)
    for again in (record, SentRecord(tmp_path, "here")):
        assert again.is_accepted("a", "sha of a")
        assert not again.is_accepted("a", "another sha")
        assert not again.is_accepted("b", "sha of b")
    assert not SentRecord(tmp_path, "there").is_accepted("a", "sha of a")


@settings(max_examples=20)
@given(cut=st.integers(min_value=1, max_value=120))
def test_a_line_that_was_cut_off_is_no_answer(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("cut")
    record = SentRecord(folder, "here")
    add(record, "a")
    add(record, "b")
    content = (folder / SENT).read_bytes()
    (folder / SENT).write_bytes(content[:-cut])
    again = SentRecord(folder, "here")
    assert again.is_accepted("a", "sha of a")
    # Without its end a line is whole as well.
    assert again.is_accepted("b", "sha of b") == (cut == 1)
    add(again, "c")
    last = SentRecord(folder, "here")
    assert last.is_accepted("a", "sha of a")
    assert last.is_accepted("c", "sha of c")


def test_a_record_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / SENT).mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        SentRecord(tmp_path, "here")
