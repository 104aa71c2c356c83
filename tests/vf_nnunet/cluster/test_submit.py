"""Arrays of small works, on a real Slurm where there is one, and on this machine."""

from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.one_node_slurm import OneNodeSlurm, wait_for
from tests.vf_nnunet.cluster.works import Count, Fail
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.cluster.states import PRESENT, JobState, job_states, outcome
from vf_nnunet.cluster.submit import Work, check_cluster, ends_without_result, submit

SLURM = ClusterSettings("slurm", cpus=1, minutes=5)


def ended(cluster: str, folder: Path, jobs: list[str], seconds: float = 60) -> dict[str, JobState]:
    wait_for(lambda: not PRESENT & {*job_states(cluster, folder, jobs).values()}, seconds)
    return job_states(cluster, folder, jobs)


def test_array(slurm: OneNodeSlurm, tmp_path: Path) -> None:
    check_cluster(SLURM)
    works: list[Work] = [Count(tmp_path / "a", 3), Count(tmp_path / "b", 2), Fail("no such luck")]
    jobs = submit(SLURM, tmp_path / "jobs", "count", works)
    states = ended("slurm", tmp_path / "jobs", jobs)
    assert [*states.values()] == [JobState.FINISHED, JobState.FINISHED, JobState.FAILED]
    assert outcome(tmp_path / "jobs", jobs[0]) == (True, 3)
    failed = outcome(tmp_path / "jobs", jobs[2])
    assert failed is not None
    assert "no such luck" in str(failed[1])
    assert [job.partition("_")[2] for job in jobs] == ["0", "1", "2"]


def test_killed_job_is_queued_again(slurm: OneNodeSlurm, tmp_path: Path) -> None:
    [job] = submit(SLURM, tmp_path / "jobs", "count", [Count(tmp_path / "a", 4, killed_at=(2,))])
    assert ended("slurm", tmp_path / "jobs", [job]) == {job: JobState.FINISHED}
    assert (tmp_path / "a").read_text().split() == ["0", "1", "2", "3"]
    assert (tmp_path / "a.begun").read_text() == "xx"


def test_job_that_does_not_get_on_is_given_up(slurm: OneNodeSlurm, tmp_path: Path) -> None:
    [job] = submit(SLURM, tmp_path / "jobs", "count", [Count(tmp_path / "a", 4, killed_at=(2,) * 9, improves=False)])
    assert ended("slurm", tmp_path / "jobs", [job]) == {job: JobState.LOST}
    assert (tmp_path / "a.begun").read_text() == "xxx"
    assert ends_without_result(tmp_path / "jobs", job) == 3


def test_cancelled_job_stays_away(slurm: OneNodeSlurm, tmp_path: Path) -> None:
    [job] = submit(SLURM, tmp_path / "jobs", "count", [Count(tmp_path / "a", 10_000, pause=0.1)])
    wait_for((tmp_path / "a").exists, 30)
    slurm.run("scancel", job)
    assert ended("slurm", tmp_path / "jobs", [job]) == {job: JobState.CANCELLED}


def test_unknown_partition(slurm: OneNodeSlurm) -> None:
    with pytest.raises(InputError, match=r"--slurm-partition fast: unknown; expected one of main, short$"):
        check_cluster(ClusterSettings("slurm", partition="fast"))
