"""Arrays of small works, on a real Slurm where there is one, and on this machine."""

import threading
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.one_node_slurm import OneNodeSlurm, wait_for
from tests.vf_nnunet.cluster.works import Count, Fail, Variable
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.cluster.states import PRESENT, JobState, job_states, log_paths, outcome
from vf_nnunet.cluster.submit import Work, check_cluster, ends_without_result, got_on, submit

SLURM = ClusterSettings("slurm", cpus=1, minutes=5)


def ended(cluster: str, folder: Path, jobs: list[str], seconds: float = 60) -> dict[str, JobState]:
    wait_for(lambda: not PRESENT & {*job_states(cluster, folder, jobs).values()}, seconds)
    return job_states(cluster, folder, jobs)


def test_array(slurm: OneNodeSlurm, tmp_path: Path) -> None:
    """One work ends, one fails, one is killed and goes on, and one is cancelled."""
    check_cluster(SLURM)
    killed, endless = Count(tmp_path / "b", 4, killed_at=(2,)), Count(tmp_path / "c", 10_000, pause=0.1)
    works: list[Work] = [Count(tmp_path / "a", 3), Fail("no such luck"), killed, endless]
    folder = tmp_path / "jobs"
    jobs = submit(SLURM, folder, "count", works)
    wait_for(endless.path.exists, 60)
    slurm.run("scancel", jobs[3])
    assert [*ended("slurm", folder, jobs).values()] == [
        *(JobState.FINISHED, JobState.FAILED, JobState.FINISHED, JobState.CANCELLED),
    ]
    assert outcome(folder, jobs[0]) == (True, 3)
    failed = outcome(folder, jobs[1])
    assert failed is not None
    assert "no such luck" in str(failed[1])
    assert killed.path.read_text().split() == ["0", "1", "2", "3"]
    assert killed.path.with_suffix(".begun").read_text() == "xx"
    assert [job.partition("_")[2] for job in jobs] == ["0", "1", "2", "3"]
    assert log_paths(folder, jobs[0])


@pytest.mark.slow
def test_job_that_does_not_get_on_is_given_up(slurm: OneNodeSlurm, tmp_path: Path) -> None:
    [job] = submit(SLURM, tmp_path / "jobs", "count", [Count(tmp_path / "a", 4, killed_at=(2,) * 9, improves=False)])
    assert ended("slurm", tmp_path / "jobs", [job]) == {job: JobState.LOST}
    assert (tmp_path / "a.begun").read_text() == "xxx"
    assert ends_without_result(tmp_path / "jobs", job) == 3


def test_unknown_partition(slurm: OneNodeSlurm) -> None:
    with pytest.raises(InputError, match=r"--slurm-partition fast: unknown; expected one of main, short$"):
        check_cluster(ClusterSettings("slurm", partition="fast"))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (ClusterSettings("slurm", gres="gpu:1"), r"^slurm: refused the jobs: Invalid generic resource \(gres\) spec"),
        (
            ClusterSettings("slurm", extra={"no_such": "1"}),
            r"^slurm: refused the jobs: .*unrecognized option '--no-such=1'",
        ),
        (ClusterSettings("slurm", extra={"signal_delay_s": "soon", "nodes": "x"}), r"^slurm: refused the jobs: "),
    ],
)
def test_what_sbatch_refuses(
    slurm: OneNodeSlurm, tmp_path: Path, settings: ClusterSettings, problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=problem) as raised:
        submit(settings, tmp_path / "jobs", "count", [Fail("never run")])
    assert len(raised.value.problems) == 1
    assert capfd.readouterr() == ("", "")


def test_a_work_that_does_not_get_on_is_not_queued_again_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vf_nnunet.cluster.submit._progress", threading.Event())
    for name, value in (("ARRAY_JOB_ID", "12"), ("ARRAY_TASK_ID", "3"), ("JOB_ID", "15")):
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    monkeypatch.setenv("SUBMITIT_FOLDER", str(tmp_path))
    work = Fail("never run")
    for restart in ("0", "1", "1"):
        monkeypatch.setenv("SLURM_RESTART_COUNT", restart)
        assert work.checkpoint() is not None
    assert ends_without_result(tmp_path, "12_3") == 2
    monkeypatch.setenv("SLURM_RESTART_COUNT", "2")
    assert work.checkpoint() is None
    got_on()
    assert ends_without_result(tmp_path, "12_3") == 0
    assert work.checkpoint() is not None
    assert ends_without_result(tmp_path, "12_3") == 0


def test_local_jobs_see_the_gpus_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-5")
    settings = ClusterSettings("local", setup=("export FROM_SETUP=1",))
    jobs = submit(settings, tmp_path, "variables", [Variable("CUDA_VISIBLE_DEVICES"), Variable("FROM_SETUP")])
    assert {*ended("local", tmp_path, jobs).values()} == {JobState.FINISHED}
    assert [outcome(tmp_path, job) for job in jobs] == [(True, "3,GPU-5"), (True, "1")]
