"""Answers of Slurm's commands, by stand-ins for them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.cluster.slurm import COMMANDS, check_slurm, job_minutes, largest_array, queue_states, waiting_reasons
from vf_nnunet.cluster.states import JobState, job_states
from vf_nnunet.cluster.submit import check_cluster

Fake = Callable[..., None]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give one of Slurm's commands an answer; the others answer nothing."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def give(name: str, answer: str, code: int = 0) -> None:
        path = tmp_path / name
        stream = ">&2" if code else ""
        path.write_text(f"#!/bin/sh\ncat {stream} <<'END'\n{answer}\nEND\nexit {code}\n")
        path.chmod(0o755)

    for name in COMMANDS:
        give(name, "")
    give("sinfo", "main*|infinite\nshort|1:00:00\ngpu|2-00:00:00")
    return give


def test_partitions_and_limits(fake: Fake) -> None:
    check_slurm(ClusterSettings("slurm", minutes=10_000))
    check_slurm(ClusterSettings("slurm", partition="gpu", minutes=2880))
    assert job_minutes(ClusterSettings("slurm")) == 1440
    assert job_minutes(ClusterSettings("slurm", partition="short")) == 60
    assert job_minutes(ClusterSettings("slurm", partition="short,gpu", minutes=7)) == 7
    for settings, problem in (
        (
            ClusterSettings("slurm", partition="gpus"),
            "--slurm-partition gpus: unknown; expected one of gpu, main, short",
        ),
        (ClusterSettings("slurm", partition="gpu", minutes=2881), "--slurm-time: 2881 minutes, .* gpu allows 2880"),
        (ClusterSettings("slurm", partition="gpu,short", minutes=61), "allows 60"),
    ):
        with pytest.raises(InputError, match=problem):
            check_slurm(settings)


def test_no_default_partition(fake: Fake) -> None:
    fake("sinfo", "short|1:00:00\ngpu|2-00:00:00")
    with pytest.raises(InputError, match=r"--slurm-partition: not given, .* one of gpu, short"):
        check_slurm(ClusterSettings("slurm"))


def test_no_answer(fake: Fake) -> None:
    fake("sinfo", "slurm_load_partitions: Unable to contact slurm controller (connect failure)\nmore", code=1)
    with pytest.raises(
        InputError, match=r"sinfo: no answer from Slurm \(slurm_load_.* failure\)\); expected"
    ) as raised:
        check_slurm(ClusterSettings("slurm"))
    assert "\n" not in str(raised.value)


def test_no_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"^--cluster slurm: sbatch, srun, .* not on PATH"):
        check_cluster(ClusterSettings("slurm"))


def test_no_submitit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vf_nnunet.cluster.submit.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'vf_nnunet\[cluster\]'"):
        check_cluster(ClusterSettings("local"))


@pytest.mark.parametrize(
    ("line", "size"), [("MaxArraySize            = 4001", 4001), ("MaxArraySize = 0", 1), ("", 1001)]
)
def test_largest_array(fake: Fake, line: str, size: int) -> None:
    fake("scontrol", f"Configuration data as of 2026-03-01\nMaxJobCount = 10000\n{line}")
    assert largest_array() == size


def test_states_without_accounting(fake: Fake, tmp_path: Path) -> None:
    fake(
        "squeue",
        "12_0|RUNNING|None\n12_1|PENDING|Resources\n12_2|CANCELLED|\n12_3|COMPLETING\n13|NODE_FAIL|x\n14|FAILED|",
    )
    assert queue_states()["12_1"] == "PENDING"
    assert waiting_reasons() == {"12_1": "Resources"}
    jobs = ["12_0", "12_1", "12_2", "12_3", "13", "14", "15"]
    assert [*job_states("slurm", tmp_path, jobs).values()] == [
        *(JobState.RUNNING, JobState.QUEUED, JobState.CANCELLED, JobState.RUNNING),
        *(JobState.LOST, JobState.LOST, JobState.LOST),
    ]
    fake("squeue", "slurm_load_jobs error: Unable to contact slurm controller", code=1)
    assert job_states("slurm", tmp_path, ["12_0"]) == {"12_0": JobState.UNKNOWN}
    assert waiting_reasons() == {}
