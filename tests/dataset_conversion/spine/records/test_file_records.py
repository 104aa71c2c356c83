import os
from pathlib import Path

import pytest

from dataset_conversion.spine.records.file_records import (
    digest_of_json,
    is_group_unchanged,
    is_unchanged,
    record_file,
    record_group,
)


@pytest.fixture
def series(tmp_path: Path) -> dict[str, Path]:
    """Two slices of the same size."""
    paths = {name: tmp_path / name for name in ("1.dcm", "2.dcm")}
    for name, path in paths.items():
        path.write_text(f"slice {name}")
    return paths


def keep_times(path: Path, text: str) -> None:
    status = path.stat()
    path.write_text(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_file_with_the_recorded_size_and_time_is_not_read(series: dict[str, Path]) -> None:
    path = series["1.dcm"]
    record = record_file(path)
    keep_times(path, "SLICE 1.dcm")
    assert is_unchanged(record, path)
    os.utime(path, (1, 1))
    assert not is_unchanged(record, path)


def test_copied_files_are_the_same(series: dict[str, Path]) -> None:
    record = record_group(series)
    assert (record.files, record.bytes) == (2, 22)
    assert is_group_unchanged(record, series)
    os.utime(series["2.dcm"], (1, 1))
    assert is_group_unchanged(record, series)


@pytest.mark.parametrize("text", ["SLICE 2.dcm", "slice 2.dcm, longer"])
def test_one_replaced_file_changes_the_group(series: dict[str, Path], text: str) -> None:
    record = record_group(series)
    series["2.dcm"].write_text(text)
    os.utime(series["2.dcm"], (1, 1))
    assert not is_group_unchanged(record, series)


def test_files_that_change_places_change_the_group(series: dict[str, Path]) -> None:
    record = record_group(series)
    assert not is_group_unchanged(record, {"1.dcm": series["2.dcm"], "2.dcm": series["1.dcm"]})
    assert not is_group_unchanged(record, {"1.dcm": series["1.dcm"]})


def test_the_order_of_keys_is_no_difference() -> None:
    assert digest_of_json({"a": 1, "b": [2]}) == digest_of_json({"b": [2], "a": 1})
    assert digest_of_json({"a": 1}) != digest_of_json({"a": 2})
