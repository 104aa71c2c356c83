"""The jobs that do the shards of a batch: submitted where there is none yet, and waited for."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError, first_line
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.cluster.states import PRESENT, JobState, job_states, log_paths, outcome
from vf_nnunet.cluster.submit import got_on, submit
from vf_nnunet.sharding.layout import JOBS, Shard

LIST = "jobs.jsonl"
ARRAY = 1000
"""Most jobs of an array: each has some files in one folder."""
WAIT_SECONDS = (1.0, 15.0)
"""Shortest and longest time between two looks at the jobs."""
NAMED_SHARDS = 10

DoShards = Callable[[Path, Sequence[int], str, bool, Callable[[], None]], None]


@dataclass(frozen=True)
class ShardWork:
    """What a job does: one shard.

    Attributes:
        batch: Folder of the batch.
        number: Number of the shard.
        identity: The batch that is meant.
        retry_failed: Whether to do the cases that failed once more.
        do: Does shards of a batch.
    """

    batch: Path
    number: int
    identity: str
    retry_failed: bool
    do: DoShards

    def __call__(self) -> None:
        """Do the shard."""
        self.do(self.batch, [self.number], self.identity, self.retry_failed, got_on)

    def checkpoint(self) -> Any:
        """What is queued when the time is over: the rest of the shard."""
        from vf_nnunet.cluster.submit import go_on

        return go_on(ShardWork(self.batch, self.number, self.identity, False, self.do))


@dataclass(frozen=True)
class ShardJob:
    """A job that was submitted.

    Attributes:
        shard: Number of its shard.
        cluster: As in `ClusterSettings`.
        folder: Name of the folder of its files in the folder of jobs.
        job: Its id.
    """

    shard: int
    cluster: str
    folder: str
    job: str


def run_jobs(batch: Path, cluster: ClusterSettings, works: Mapping[Shard, ShardWork], wait: bool) -> None:
    """Submit a job for each shard that has none, and wait for all.

    The command can be interrupted: the jobs go on, and the next call waits for them.

    Args:
        batch: Folder of the batch.
        cluster: The cluster, checked.
        works: What to do, by shard.
        wait: Whether to wait.

    Raises:
        InputError: If the scheduler refuses jobs, or shards are not finished when their jobs have ended.
    """
    jobs = _present_jobs(batch, works)
    if jobs:
        sys.stderr.write(f"{batch}: {len(jobs)} shards have a job already\n")
    missing = [shard for shard in works if shard not in jobs]
    for start in range(0, len(missing), ARRAY):
        part = missing[start : start + ARRAY]
        jobs |= _submit(batch, cluster, part, [works[shard] for shard in part])
    if missing:
        sys.stderr.write(f"{batch}: {len(missing)} jobs submitted\n")
    if wait:
        _wait(batch, jobs)


def read_jobs(batch: Path) -> dict[int, ShardJob]:
    """The last job of each shard that has had one, by the shard's number."""
    try:
        lines = (batch / JOBS / LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    jobs = (_read_job(line) for line in lines)
    return {job.shard: job for job in jobs if job is not None}


def _read_job(line: str) -> ShardJob | None:
    try:
        return ShardJob(**json.loads(line))
    except (ValueError, TypeError):  # cut off
        return None


def _present_jobs(batch: Path, works: Mapping[Shard, ShardWork]) -> dict[Shard, ShardJob]:
    known = read_jobs(batch)
    jobs = {shard: known[shard.number] for shard in works if shard.number in known}
    states = _states(batch, list(jobs.values()))
    return {shard: job for shard, job in jobs.items() if states[job] in PRESENT}


def _submit(
    batch: Path, cluster: ClusterSettings, shards: Sequence[Shard], works: Sequence[ShardWork]
) -> dict[Shard, ShardJob]:
    place = batch / JOBS
    place.mkdir(exist_ok=True)
    name = time.strftime("%Y%m%d-%H%M%S") + f"-{shards[0].number:05d}"
    ids = submit(cluster, (place / name).absolute(), f"vf-{batch.absolute().name}", works)
    jobs = {shard: ShardJob(shard.number, cluster.cluster, name, job) for shard, job in zip(shards, ids, strict=True)}
    with (place / LIST).open("a", encoding="utf-8") as stream:
        stream.write("\n" + "".join(json.dumps(vars(job)) + "\n" for job in jobs.values()))
    return jobs


def _states(batch: Path, jobs: Sequence[ShardJob]) -> dict[ShardJob, JobState]:
    states: dict[ShardJob, JobState] = {}
    for cluster, folder in sorted({(job.cluster, job.folder) for job in jobs}):
        own = {job.job: job for job in jobs if (job.cluster, job.folder) == (cluster, folder)}
        found = job_states(cluster, (batch / JOBS / folder).absolute(), own)
        states |= {own[name]: state for name, state in found.items()}
    return states


def _wait(batch: Path, jobs: Mapping[Shard, ShardJob]) -> None:
    left = dict(jobs)
    try:
        for pause in _pauses():
            states = _states(batch, list(left.values()))
            ended = [shard for shard, job in left.items() if states[job] not in PRESENT]
            for shard in ended:
                del left[shard]
            if ended:
                sys.stderr.write(f"{batch}: {len(jobs) - len(left)} of {len(jobs)} jobs have ended\n")
            if not left:
                break
            time.sleep(pause)
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{batch}: {len(left)} jobs go on; give the command again to wait for them\n")
        raise
    _check_finished(batch, jobs)


def _check_finished(batch: Path, jobs: Mapping[Shard, ShardJob]) -> None:
    """Name the shards whose jobs ended before them."""
    problems = [_problem(batch, shard, job) for shard, job in jobs.items() if shard.read_tables() is None]
    if problems:
        rest = len(problems) - NAMED_SHARDS
        raise InputError(
            [
                *problems[:NAMED_SHARDS],
                *([f"{batch}: {rest} more shards are not finished"] if rest > 0 else []),
                f"{batch}: {len(problems)} of {len(jobs)} shards are not finished; give the command again to go on",
            ]
        )


def _pauses() -> Iterator[float]:
    pause, longest = WAIT_SECONDS
    while True:
        yield pause
        pause = min(pause * 1.2, longest)


def _problem(batch: Path, shard: Shard, job: ShardJob) -> str:
    """Why a shard is not finished, with the last line of its job's error."""
    folder = (batch / JOBS / job.folder).absolute()
    state = _states(batch, [job])[job]
    result = outcome(folder, job.job)
    if result is not None and not result[0]:
        lines = [line for line in str(result[1]).splitlines() if line.strip()]
        return f"shard {shard.number}: job {job.job} failed: {first_line(_message(lines), 300)}"
    logs = log_paths(folder, job.job)
    return f"shard {shard.number}: job {job.job} {state.value}" + (f"; its log is {logs[-1]}" if logs else "")


def _message(lines: Sequence[str]) -> str:
    return lines[-1].removeprefix("dataset_conversion.spine.errors.InputError: ") if lines else "without a message"
