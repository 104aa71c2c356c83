"""The record of the cases that could not be done."""

from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.screening.failures import FAILURES, recorded_failures, write_failures


def test_what_is_written_is_read_and_no_failure_leaves_no_file(tmp_path: Path) -> None:
    assert recorded_failures(tmp_path) == {}
    write_failures(tmp_path, {"a": ["a.nii.gz: truncated"]})
    assert recorded_failures(tmp_path) == {"a": ["a.nii.gz: truncated"]}
    write_failures(tmp_path, {})
    assert not (tmp_path / FAILURES).exists()


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"case_id": 1, "score": 1, "findings": 1, "operating_point": 1, "model": 1}']
)
def test_another_file_of_this_name_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / FAILURES).write_text(content)
    with pytest.raises(InputError, match=r"failed\.json: .*another output folder"):
        recorded_failures(tmp_path)
