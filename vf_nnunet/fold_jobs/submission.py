"""Submit the folds that are not finished and have no job, and record their jobs."""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.cluster.states import PRESENT
from vf_nnunet.cluster.submit import check_cluster, submit
from vf_nnunet.fold_jobs.record import FILES, FoldJob, add_jobs, log_of, read_jobs, short_name, states_of
from vf_nnunet.fold_jobs.sight import look
from vf_nnunet.fold_jobs.stand import Goal, key_of
from vf_nnunet.fold_jobs.work import FoldTask, TrainFolds
from vf_nnunet.nnunet.folds import is_finished


@dataclass(frozen=True)
class Training:
    """Folds that a command trains by jobs.

    Attributes:
        place: Where their jobs are recorded, a folder in nnU-Net's results of the dataset.
        goals: What is to be reached, by nnU-Net's folder of each fold, an absolute path.
        arguments: Arguments of `python -m` that train a fold, or go on with it, by the fold's folder.
        variables: nnU-Net's variables that differ from those of this process.
        folds_per_job: Folds that a job trains side by side, on one GPU.
    """

    place: Path
    goals: Mapping[Path, Goal]
    arguments: Mapping[Path, tuple[str, ...]]
    variables: Mapping[str, str] = field(default_factory=dict)
    folds_per_job: int = 1

    def unfinished(self) -> list[Path]:
        """The folders of the folds that are not finished."""
        return [folder for folder, goal in self.goals.items() if not is_finished(folder, goal.softmax_files)]


def submit_missing(training: Training, settings: ClusterSettings, folders: Sequence[Path] | None = None) -> None:
    """Submit each fold that is neither finished nor in the queue, as one array.

    Args:
        training: The folds.
        settings: Where their jobs run.
        folders: Those that may be submitted; None for all.

    Raises:
        InputError: If the settings cannot be used on this machine, or the scheduler refuses the jobs.
    """
    unfinished = [folder for folder in training.unfinished() if folders is None or folder in folders]
    present = _present_jobs(training.place, unfinished)
    for folder, job in present.items():
        sys.stdout.write(f"{name_of(folder)} is in the queue: job {job.job}\n")
    missing = [folder for folder in unfinished if folder not in present]
    if missing:
        check_cluster(settings)
        _submit(training, settings, missing)


def _present_jobs(place: Path, folders: Sequence[Path]) -> dict[Path, FoldJob]:
    """The jobs of folds that wait or run."""
    jobs = read_jobs(place)
    recorded = {folder: jobs[key] for folder in folders if (key := key_of(folder)) in jobs}
    states = states_of(place, recorded.values())
    return {folder: job for folder, job in recorded.items() if states[job] in PRESENT}


def _submit(training: Training, settings: ClusterSettings, folders: Sequence[Path]) -> None:
    sight = look(training.place, training.variables)
    tasks = [_task(training, folder) for folder in folders]
    size = training.folds_per_job
    groups = [tuple(tasks[first : first + size]) for first in range(0, len(tasks), size)]
    here = settings.cluster == "debug"
    works = [TrainFolds(group, sight, recorded=not here) for group in groups]
    with nullcontext() if here else _deaf_to_the_keyboard():
        ids = submit(settings, training.place / FILES, "vf_nnunet", works)
        job_of = {task.folder: job for group, job in zip(groups, ids, strict=True) for task in group}
        jobs = {task.key: _record(training, settings, task, job_of[task.folder]) for task in tasks}
        add_jobs(training.place, jobs)
    for folder, job in job_of.items():
        sys.stdout.write(f"{name_of(folder)} is submitted: job {job}\n")


def _record(training: Training, settings: ClusterSettings, task: FoldTask, job: str) -> FoldJob:
    return FoldJob(settings.cluster, job, training.goals[task.folder].epochs)


def name_of(folder: Path) -> str:
    """A fold in a message: configuration and number."""
    return f"{short_name(folder.parent.name)} {folder.name.replace('_', ' ')}"


def _task(training: Training, folder: Path) -> FoldTask:
    log = log_of(training.place, folder.parent.name, folder.name).absolute()
    return FoldTask(key_of(folder), folder, training.arguments[folder], dict(training.variables), log)


@contextmanager
def _deaf_to_the_keyboard() -> Iterator[None]:
    """Ignore Ctrl-C until the jobs are recorded, and for good in the processes that are started here."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
