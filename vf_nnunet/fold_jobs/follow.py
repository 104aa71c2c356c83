"""Wait for the jobs of a training: a line when a fold changes, and what failed at the end."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.cluster.states import JobState
from vf_nnunet.cluster.submit import ENDS, ends_without_result
from vf_nnunet.fold_jobs.record import FILES
from vf_nnunet.fold_jobs.report import report
from vf_nnunet.fold_jobs.stand import STATES, Stand, stands
from vf_nnunet.fold_jobs.submission import Training, name_of, submit_missing

POLL_SECONDS = 10.0
QUIET_SECONDS = 60.0
"""Shortest time between two lines that only tell an epoch of the same fold."""
CONFIRMATIONS = 3
"""Looks at which a job must be gone: a shared file system may show its result some seconds late."""
GOING = ("queued", "running", "predicting", "unknown")


def train_by_jobs(training: Training, settings: ClusterSettings, poll: float = POLL_SECONDS) -> None:
    """Submit what is missing and wait until every fold is finished or has failed. Ctrl-C leaves the jobs.

    Args:
        training: The folds.
        settings: Where their jobs run.
        poll: Seconds between two looks.

    Raises:
        InputError: If the jobs cannot be submitted, or folds failed: a line for each, and the last of its log.
        KeyboardInterrupt: If the wait is interrupted.
    """
    submit_missing(training, settings)
    watch = _Watch()
    try:
        while not _look(training, settings, watch):
            time.sleep(poll)
    except KeyboardInterrupt:
        _say_that_jobs_go_on(_stands(training))
        raise


@dataclass
class _Watch:
    """What was seen of the folds before.

    Attributes:
        shown: State, epochs and time of the last line on each fold.
        gone: At how many looks in a row each fold was not in work.
        resubmissions: How often lost jobs were submitted again.
    """

    shown: dict[Path, tuple[str, int, float]] = field(default_factory=dict)
    gone: dict[Path, int] = field(default_factory=dict)
    resubmissions: int = 0

    def ended(self, unfinished: Sequence[Stand]) -> list[Stand]:
        """Those of the unfinished folds that are not in work, for certain."""
        idle = [stand for stand in unfinished if stand.state not in GOING]
        self.gone = {stand.folder: self.gone.get(stand.folder, 0) + 1 for stand in idle}
        return [stand for stand in idle if self.gone[stand.folder] >= _looks(stand)]


def _look(training: Training, settings: ClusterSettings, watch: _Watch) -> bool:
    """Show what changed, and submit lost jobs again; whether all folds are finished.

    Raises:
        InputError: If no fold is in work, and some are not finished.
    """
    found = _stands(training)
    _show(found, watch.shown)
    unfinished = [stand for stand in found if stand.state != "finished"]
    ended = watch.ended(unfinished)
    lost = [stand.folder for stand in ended if _was_lost(training, stand)] if watch.resubmissions < ENDS else []
    if lost:
        watch.resubmissions += 1
        submit_missing(training, settings, lost)
    elif ended and len(ended) == len(unfinished):
        raise InputError(list(chain.from_iterable(report(training.place / FILES, stand) for stand in ended)))
    return not unfinished


def _stands(training: Training) -> list[Stand]:
    return stands(training.place, training.goals)


def _looks(stand: Stand) -> int:
    """Looks that show that a fold is not in work any more."""
    return CONFIRMATIONS if stand.state == STATES[JobState.LOST] else 1


def _show(found: Sequence[Stand], shown: dict[Path, tuple[str, int, float]]) -> None:
    """Write a line for each fold that changed since its last one."""
    now = time.monotonic()
    for stand in found:
        state, epochs, when = shown.get(stand.folder, ("", 0, 0.0))
        later = stand.progress.epochs != epochs and now - when >= QUIET_SECONDS
        if stand.shown_state == state and not later:
            continue
        shown[stand.folder] = (stand.shown_state, stand.progress.epochs, now)
        left = stand.progress.minutes_left(stand.planned)
        time_left = f", {left:.0f} minutes left" if left is not None and stand.state == "running" else ""
        sys.stdout.write(
            f"{time.strftime('%H:%M:%S')} {name_of(stand.folder)}: {stand.shown_state}, "
            f"epoch {stand.progress.epochs} of {stand.planned}{time_left}\n"
        )
        sys.stdout.flush()


def _was_lost(training: Training, stand: Stand) -> bool:
    """Whether a job is gone with its machine: one that was killed too often is not."""
    return (
        stand.state == STATES[JobState.LOST]
        and stand.job is not None
        and ends_without_result(training.place / FILES, stand.job.job) < ENDS
        and stand.job.cluster == "slurm"
    )


def _say_that_jobs_go_on(found: Sequence[Stand]) -> None:
    jobs = sorted({stand.job.job for stand in found if stand.job is not None and stand.state in GOING})
    if jobs:
        sys.stderr.write(
            f"\nthe jobs go on: {' '.join(jobs)}; vf_nnunet jobs shows them, and the same command waits for them again"
        )
