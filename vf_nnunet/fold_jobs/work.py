"""What a job does: train its folds side by side, each in a process, again after a failure."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cluster.submit import ENDS, go_on, got_on
from vf_nnunet.fold_jobs.record import read_jobs
from vf_nnunet.fold_jobs.sight import Sight
from vf_nnunet.nnunet.child_process import child_process
from vf_nnunet.nnunet.folds import VALIDATION
from vf_nnunet.nnunet.names import FINAL_CHECKPOINT, PROBE_FILE

SIGNS = ("checkpoint_latest.pth", FINAL_CHECKPOINT, PROBE_FILE, f"{VALIDATION}/summary.json")
"""Files of a fold that change when its training gets on."""
LOOK_SECONDS = 2.0
RECORD_SECONDS = 60.0
"""Longest wait for the record of the job, which the command writes after the submission."""
SETTLE_SECONDS = 3.0
"""Wait for a signal to this process after a training was ended by one: Slurm sends it to all processes of a job."""


@dataclass(frozen=True)
class FoldTask:
    """The training of a fold.

    Attributes:
        key: The fold in the record of jobs.
        folder: nnU-Net's folder of the fold.
        arguments: Those of `python -m`, which train it, or go on with it.
        variables: Additional environment variables.
        log: File to which its output is added.
    """

    key: str
    folder: Path
    arguments: tuple[str, ...]
    variables: Mapping[str, str]
    log: Path


@dataclass(frozen=True)
class TrainFolds:
    """Train folds in a job.

    Attributes:
        tasks: The folds.
        sight: What the job must see.
        recorded: Whether the command records the job (not where it runs in the command's own process).
    """

    tasks: tuple[FoldTask, ...]
    sight: Sight
    recorded: bool = True

    def __call__(self) -> list[str]:
        """Train, and return the keys of the folds.

        Raises:
            InputError: If the job does not see what it should, or another one has taken its place.
            RuntimeError: If a fold failed `ENDS` times without an epoch in between.
        """
        self.sight.check()
        if self.recorded:
            self._check_recorded()
        failures = _train(self.tasks)
        if failures:
            raise RuntimeError("; ".join(failures))
        return [task.key for task in self.tasks]

    def checkpoint(self) -> object:
        """Queue the same again; the trainings go on from their checkpoints."""
        return go_on(self)

    def _check_recorded(self) -> None:
        """Two jobs must not train a fold: only that in the record may.

        Raises:
            InputError: If another job is recorded, or none.
        """
        from submitit import JobEnvironment

        own, until = JobEnvironment().job_id, time.monotonic() + RECORD_SECONDS
        keys = [task.key for task in self.tasks]
        while True:
            jobs = read_jobs(self.sight.place)
            others = {jobs[key].job if key in jobs else "none" for key in keys} - {own}
            if not others:
                return
            if time.monotonic() > until:
                raise InputError(
                    f"job {own}: not the recorded one of {', '.join(keys)} ({', '.join(sorted(others))}); it ends, as "
                    "two jobs must not train a fold"
                )
            time.sleep(0.5)


@dataclass
class _Run:
    """A fold in work: its process, what its files were when it last got on, and its failures since."""

    task: FoldTask
    process: Popen[str]
    signs: tuple[object, ...]
    failures: int = 0


def _train(tasks: tuple[FoldTask, ...]) -> list[str]:
    """Train side by side until each fold is finished or has failed `ENDS` times; return what failed."""
    failed: list[str] = []
    with ExitStack() as stack:
        running = [_Run(task, stack.enter_context(_process(task)), signs_of(task.folder)) for task in tasks]
        while running:
            time.sleep(LOOK_SECONDS)
            for run in [*running]:
                _look(run)
                code = run.process.poll()
                if code is None:
                    continue
                if code != 0 and not _failed(run, code, failed):
                    run.process = stack.enter_context(_process(run.task))
                    continue
                running.remove(run)
    return failed


def _look(run: _Run) -> None:
    signs = signs_of(run.task.folder)
    if signs != run.signs:
        run.signs, run.failures = signs, 0
        got_on()


def _failed(run: _Run, code: int, failed: list[str]) -> bool:
    """Note a failure; whether the fold is given up."""
    if code < 0 or code > 128:  # by a signal, which this process may get too
        time.sleep(SETTLE_SECONDS)
    run.failures += 1
    text = f"{run.task.key}: exit code {code}"
    with run.task.log.open("a", encoding="utf-8") as log:
        log.write(f"vf_nnunet: {text}, {run.failures} of {ENDS} failures without an epoch in between\n")
    if run.failures < ENDS:
        return False
    failed.append(f"{text} {ENDS} times without an epoch in between; see {run.task.log}")
    return True


def signs_of(folder: Path) -> tuple[object, ...]:
    """What changes when the training of a fold gets on."""
    return tuple(_sign(folder / name) for name in SIGNS)


def _sign(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


@contextmanager
def _process(task: FoldTask) -> Iterator[Popen[str]]:
    """The process of a training; Slurm's warning before the time limit is for this process alone."""
    environment = {**os.environ, **task.variables, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", *task.arguments]
    with task.log.open("a", encoding="utf-8") as log, ExitStack() as stack:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
        try:
            process = stack.enter_context(child_process(command, environment, log))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield process
