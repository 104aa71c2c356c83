"""The states of submitted jobs, by submitit's own files and the queue: no accounting is needed."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import psutil

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cluster.slurm import queue_states


class JobState(StrEnum):
    """How a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    """Its work ended with an error, which its result holds (`outcome`)."""
    CANCELLED = "cancelled"
    LOST = "lost"
    """It ended without a result: killed, or its machine went down; a cancelled one after Slurm has forgotten it."""
    UNKNOWN = "unknown"
    """The scheduler does not answer."""


PRESENT = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.UNKNOWN})
"""The job is there, or may be."""
_WAITING = frozenset({"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "SUSPENDED"})
_ACTIVE = frozenset({"RUNNING", "COMPLETING", "SIGNALING", "STAGE_OUT", "STOPPED", "RESIZING"})
_CANCELLED = frozenset({"CANCELLED", "REVOKED"})


def job_states(cluster: str, folder: Path, jobs: Iterable[str]) -> dict[str, JobState]:
    """The state of each job.

    Args:
        cluster: One of `settings.CLUSTERS`.
        folder: The folder of submitit's files, with which the jobs were submitted.
        jobs: Their ids.
    """
    queue: Mapping[str, str] | None = {}
    if cluster == "slurm":
        try:
            queue = queue_states()
        except InputError:
            queue = None
    return {job: _state(cluster, folder, job, queue) for job in jobs}


def outcome(folder: Path, job: str) -> tuple[bool, object] | None:
    """Whether the work of a job succeeded, and its result or the text of its error; None without a result."""
    from submitit.core.utils import JobPaths, pickle_load

    path = JobPaths(folder, job, 0).result_pickle
    if not path.is_file():
        return None
    kind, value = pickle_load(path)
    return kind == "success", value


def log_paths(folder: Path, job: str) -> list[Path]:
    """The files of a job's standard output and errors that exist."""
    paths = (folder / f"{job}_0_log.{end}" for end in ("out", "err"))
    return [path for path in paths if path.is_file()]


def _state(cluster: str, folder: Path, job: str, queue: Mapping[str, str] | None) -> JobState:
    result = outcome(folder, job)
    if result is not None:
        return JobState.FINISHED if result[0] else JobState.FAILED
    if cluster != "slurm":
        return JobState.RUNNING if cluster == "local" and _runs_here(folder, job) else JobState.LOST
    if queue is None:
        return JobState.UNKNOWN
    name = queue.get(job, "")
    if name in _WAITING:
        return JobState.QUEUED
    if name in _ACTIVE:
        return JobState.RUNNING
    return JobState.CANCELLED if name in _CANCELLED else JobState.LOST


def _runs_here(folder: Path, job: str) -> bool:
    """Whether the process that submitit started for a local job, whose id is the process's, still runs."""
    with suppress(psutil.Error, ValueError):
        process = psutil.Process(int(job))
        return process.status() != psutil.STATUS_ZOMBIE and str(folder) in " ".join(process.cmdline())
    return False
