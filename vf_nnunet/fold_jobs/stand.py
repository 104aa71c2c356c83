"""How the folds of a dataset stand: state, epoch, best validation, minutes left and log, a line each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vf_nnunet.cluster.slurm import waiting_reasons
from vf_nnunet.cluster.states import JobState
from vf_nnunet.fold_jobs.progress import Progress, read_progress
from vf_nnunet.fold_jobs.record import FoldJob, log_of, read_jobs, short_name, states_of
from vf_nnunet.nnunet.folds import is_begun, is_finished, is_trained

COLUMNS = ("configuration", "fold", "state", "job", "epoch", "best Dice", "minutes left", "log")
STATES = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "running",
    JobState.FINISHED: "unfinished",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
    JobState.LOST: "killed",
    JobState.UNKNOWN: "unknown",
}
"""The words for folds that are not finished. A job that is finished without them was submitted for less, such as
without --npz."""


@dataclass(frozen=True)
class Goal:
    """What a finished fold is.

    Attributes:
        epochs: The planned number of epochs.
        softmax_files: Whether it has nnU-Net's softmax files.
    """

    epochs: int
    softmax_files: bool = False


@dataclass(frozen=True)
class Stand:
    """How a fold stands.

    Attributes:
        folder: nnU-Net's folder of the fold.
        state: A word of `STATES`, "finished", "predicting", "begun" (trained without a job, now or before) or
            "not begun".
        job: Its job, if there was one.
        progress: How far the training is.
        planned: The planned number of epochs.
        log: The log of its jobs, or the folder with nnU-Net's logs.
        reason: Why its job waits, in the scheduler's words; empty if it does not.
    """

    folder: Path
    state: str
    job: FoldJob | None
    progress: Progress
    planned: int
    log: Path
    reason: str = ""

    @property
    def shown_state(self) -> str:
        """The state, and why the job waits."""
        return f"{self.state} ({self.reason})" if self.reason else self.state

    def cells(self) -> tuple[str, ...]:
        """The cells of `COLUMNS`."""
        left = self.progress.minutes_left(self.planned)
        active = self.state in ("running", "queued", "begun")
        return (
            short_name(self.folder.parent.name),
            self.folder.name.removeprefix("fold_"),
            self.shown_state,
            "" if self.job is None else self.job.job,
            f"{self.progress.epochs} of {self.planned}",
            "" if self.progress.best is None else f"{self.progress.best:.4f}",
            f"{left:.0f}" if left is not None and active else "",
            str(self.log) if self.log.exists() else "",
        )


def stands(place: Path, goals: Mapping[Path, Goal]) -> list[Stand]:
    """How folds stand.

    Args:
        place: Where their jobs are recorded.
        goals: What is to be reached, by nnU-Net's folder of each fold.
    """
    jobs = read_jobs(place)
    own = {folder: job for folder in goals if (job := jobs.get(key_of(folder))) is not None}
    pending = [job for folder, job in own.items() if not is_finished(folder, goals[folder].softmax_files)]
    states = states_of(place, pending)
    reasons = _reasons(states)
    found = []
    for folder, goal in goals.items():
        job = own.get(folder)
        state = _state(folder, job, states, goal)
        reason = reasons.get(job.job, "") if job is not None and state == STATES[JobState.QUEUED] else ""
        found.append(Stand(folder, state, job, read_progress(folder), goal.epochs, _log(place, folder), reason))
    return found


def _reasons(states: Mapping[FoldJob, JobState]) -> dict[str, str]:
    """Why Slurm's jobs wait, if one does."""
    queued = any(state is JobState.QUEUED and job.cluster == "slurm" for job, state in states.items())
    return waiting_reasons() if queued else {}


def _log(place: Path, folder: Path) -> Path:
    log = log_of(place, folder.parent.name, folder.name)
    return log if log.is_file() else folder


def key_of(folder: Path) -> str:
    """The fold's name in the record: its path in the results of the dataset."""
    return f"{folder.parent.name}/{folder.name}"


def as_table(found: Sequence[Stand]) -> str:
    """The lines of a table with aligned columns."""
    rows = [COLUMNS, *(stand.cells() for stand in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _state(folder: Path, job: FoldJob | None, states: Mapping[FoldJob, JobState], goal: Goal) -> str:
    if is_finished(folder, goal.softmax_files):
        return "finished"
    if job is None:
        return "begun" if is_begun(folder) else "not begun"
    state = states[job]
    return "predicting" if state is JobState.RUNNING and is_trained(folder) else STATES[state]
