"""The processors of a process, within the quota of its container."""

import os
from pathlib import Path

import pytest

from dataset_conversion.spine import processors as processors_module
from dataset_conversion.spine.processors import available_processors


@pytest.mark.parametrize(
    ("files", "processors"),
    [
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.cfs_quota_us": "100000", "cpu.cfs_period_us": "100000"}, 1),
        ({"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], processors: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text + "\n")
    names = ((tmp_path / "cpu.max", None), (tmp_path / "cpu.cfs_quota_us", tmp_path / "cpu.cfs_period_us"))
    monkeypatch.setattr(processors_module, "QUOTA_FILES", names)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert available_processors() == (8 if processors is None else processors)
