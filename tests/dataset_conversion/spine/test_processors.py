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


@pytest.mark.parametrize(
    ("variables", "processors", "of_machine"),
    [
        ({}, 8, 8),
        ({"SLURM_CPUS_PER_TASK": "2", "SLURM_CPUS_ON_NODE": "4"}, 2, 8),
        ({"SLURM_CPUS_ON_NODE": "4", "SLURM_NTASKS": "1"}, 4, 8),
        ({"SLURM_CPUS_ON_NODE": "4", "SLURM_NTASKS": "2"}, 8, 8),
        ({"SLURM_CPUS_PER_TASK": "many"}, 8, 8),
        ({"SLURM_CPUS_PER_TASK": "64"}, 8, 8),
    ],
)
def test_what_slurm_granted(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], processors: int, of_machine: int
) -> None:
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "SLURM_NTASKS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(processors_module, "QUOTA_FILES", ())
    monkeypatch.setattr(processors_module, "OWN_CGROUP", Path("/none"))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert available_processors() == processors
    assert available_processors(by_scheduler=False) == of_machine


def test_the_smallest_quota_of_the_groups_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("slurm", "max 100000"), ("slurm/job_7", "300000 100000"), ("slurm/job_7/step", "max 100000")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cpu.max").write_text(text + "\n")
    (tmp_path / "own").write_text("1:cpu:/old\n0::/slurm/job_7/step\n")
    monkeypatch.setattr(processors_module, "QUOTA_FILES", ())
    monkeypatch.setattr(processors_module, "CGROUPS", tmp_path)
    monkeypatch.setattr(processors_module, "OWN_CGROUP", tmp_path / "own")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert available_processors(by_scheduler=False) == 3
