"""The shards of a batch as jobs of a real Slurm: to the end, and cancelled and submitted again."""

import functools
from pathlib import Path

import pandas
import pytest

from dataset_conversion.spine.errors import InputError
from tests.one_node_slurm import OneNodeSlurm, wait_for
from tests.vf_nnunet.sharding.slow_shards import do_brightly
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.sharding.batch import read_batch
from vf_nnunet.sharding.gather import gather
from vf_nnunet.sharding.jobs import ShardWork, read_jobs, run_jobs
from vf_nnunet.sharding.layout import Shard, shards_of

SLURM = ClusterSettings("slurm", cpus=1, minutes=5)


def works(batch: Path, pause: float = 0) -> dict[Shard, ShardWork]:
    identity = read_batch(batch).identity
    do = functools.partial(do_brightly, pause=pause)
    left = [shard for shard in shards_of(batch) if shard.read_tables() is None]
    return {shard: ShardWork(batch, shard.number, identity, False, do) for shard in left}


def test_an_array_to_its_end(slurm: OneNodeSlurm, batch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_jobs(batch, SLURM, works(batch), wait=True)
    assert "3 jobs submitted" in capsys.readouterr().err
    summary = gather(batch)
    assert summary["by_status"] == {"done": 6, "failed": 1}
    assert summary["processes"] == 3
    assert summary["cores_of_a_process"] == [1]  # though the node has more, and binds nothing
    assert works(batch) == {}


@pytest.mark.slow
def test_cancelled_jobs_are_submitted_again(
    slurm: OneNodeSlurm, batch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_jobs(batch, SLURM, works(batch, pause=30), wait=False)
    first = read_jobs(batch)
    wait_for(lambda: any((batch / "cases").rglob("*bright.json")), 120)
    # Given again while they run, the command adds none.
    run_jobs(batch, SLURM, works(batch), wait=False)
    assert "3 shards have a job already" in capsys.readouterr().err
    assert read_jobs(batch) == first
    slurm.run("scancel", *{job.job.partition("_")[0] for job in first.values()})
    with pytest.raises(InputError, match=r"\d of 3 shards are not finished; give the command again to go on"):
        run_jobs(batch, SLURM, works(batch), wait=True)
    finished = {path: path.stat().st_mtime_ns for path in (batch / "cases").rglob("*_bright.json")}
    run_jobs(batch, SLURM, works(batch), wait=True)
    assert set(read_jobs(batch).values()).isdisjoint(first.values())
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert gather(batch)["by_status"] == {"done": 6, "failed": 1}
    assert len(pandas.read_csv(batch / "patients.csv")) == 7


@pytest.mark.slow
def test_a_batch_that_the_job_does_not_see(slurm: OneNodeSlurm, batch: Path) -> None:
    unseen = {shard: ShardWork(batch, shard.number, "another", False, do_brightly) for shard in [Shard(batch, 0)]}
    with pytest.raises(InputError, match=r"shard 0: job \S+ failed: .*another batch on .* file system that all"):
        run_jobs(batch, SLURM, unseen, wait=True)
