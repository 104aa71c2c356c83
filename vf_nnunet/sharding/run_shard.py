"""Do the cases of a shard. Killed at any moment, it continues when it is begun again."""

import os
import socket
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dataset_conversion.images.masks import MaskError
from dataset_conversion.spine.errors import InputError
from vf_nnunet.inference.backend import Backend
from vf_nnunet.model.model import Model
from vf_nnunet.screening.batch import LESS_MEMORY, PredictionProcedure, run_cases
from vf_nnunet.screening.case import ScreeningSettings, screen_case
from vf_nnunet.screening.earlier_results import check_output, unfinished
from vf_nnunet.screening.failures import recorded_failures, write_failures
from vf_nnunet.screening.passed_over import record_passed_over
from vf_nnunet.sharding.journal import Journal, kills, read_journal
from vf_nnunet.sharding.layout import Shard
from vf_nnunet.sharding.manifest import ct_paths
from vf_nnunet.sharding.tables import Tables, read_tables, write_tables

KILLS = 3
"""Times that a process may be killed while it does a case before that counts as a failure of the case."""
LEFT_BEHIND_SECONDS = 3600
"""Age from which a temporary file is that of a process that was killed."""
TEMPORARY = ".tmp-*"


def run_shard(
    shard: Shard,
    model: Model,
    open_backend: Callable[[], Backend],
    settings: ScreeningSettings,
    since: float | None = None,
    retry_failed: bool = False,
    finished: Callable[[], None] = lambda: None,
) -> Tables:
    """Predict the cases of a shard that have no result yet; failures are recorded, and the others go on.

    A case during which processes were killed comes last, and after `KILLS` times it has failed: one CT that takes all
    memory does not hold up the others.

    Args:
        shard: The shard.
        model: The model that predicts.
        open_backend: Opens the model's ensemble; it is called only if there is something to do.
        settings: How the CTs are predicted.
        since: When this process began to work for the shard, in seconds since 1970; None for now.
        retry_failed: Whether to do the cases that failed once more.
        finished: Is called after each case.

    Returns:
        The shard's rows of the batch's tables.

    Raises:
        InputError: If the folder of the results cannot be written or holds something else.
    """
    if _is_finished(shard, retry_failed):
        return read_tables(shard)
    _make_folder(shard.results)
    shard.tables.unlink(missing_ok=True)  # killed while it tries again what failed, it is not finished
    journal = Journal(shard.journal, time.time() if since is None else since)
    cases = ct_paths(shard.cases())
    check_output(cases, shard.results)
    to_do = _to_do(shard, cases, PredictionProcedure(cases, shard.results, model, settings), retry_failed)
    journal.begin(retry_failed)
    if to_do:
        backend = open_backend()

        def screen(case: str, ct: Path) -> Sequence[str]:
            with journal.attempt(case):
                return _screen(case, ct, shard.results, model, backend, settings)

        _, masks = run_cases(to_do, shard.results, screen, lambda _: finished(), LESS_MEMORY)
        if masks:
            record_passed_over(shard.results, shard.results, masks)
    tables = write_tables(shard)
    journal.finish()
    return tables


def _is_finished(shard: Shard, retry_failed: bool) -> bool:
    left = shard.read_tables()
    return left is not None and not (retry_failed and left["failures"])


def _to_do(shard: Shard, cases: dict[str, Path], procedure: PredictionProcedure, retry_failed: bool) -> dict[str, Path]:
    """The cases without a result, those that were never killed first; what was killed too often is recorded."""
    present = {case: path for case, path in cases.items() if path.exists()}
    left, warnings = unfinished(present, shard.results, procedure)
    sys.stderr.write("".join(f"warning: {warning}\n" for warning in warnings))
    left |= {case: path for case, path in cases.items() if case not in present}
    killed = Counter[str]() if retry_failed else kills(read_journal(shard.journal))
    given_up = {case: path for case, path in left.items() if killed[case] >= KILLS}
    _give_up(shard, given_up)
    return {case: left[case] for case in sorted(left.keys() - given_up.keys(), key=lambda case: (killed[case], case))}


def _give_up(shard: Shard, cases: Mapping[str, Path]) -> None:
    """Record cases that killed their process too often."""
    reason = (
        f"the process was killed {KILLS} times while it did this case, for want of memory or time; expected more of "
        "it, then --retry-failed"
    )
    if cases:
        failures = {case: [f"{path}: {reason}"] for case, path in cases.items()}
        write_failures(shard.results, {**recorded_failures(shard.results), **failures})


def _screen(
    case: str, ct: Path, output: Path, model: Model, backend: Backend, settings: ScreeningSettings
) -> Sequence[str]:
    """Predict a case. In a large batch, a defect of the program is a failure of the case that shows it."""
    if not ct.exists():
        raise InputError(f"{ct}: not there on {socket.gethostname()}; expected a CT that all machines see")
    try:
        return screen_case(case, ct, output, model, backend, settings)
    except (InputError, MaskError, MemoryError):
        raise
    except Exception as error:
        traceback.print_exc()
        raise InputError(f"{ct}: {type(error).__name__}: {error}; a defect: the log says more") from error


def _make_folder(results: Path) -> None:
    try:
        results.mkdir(parents=True, exist_ok=True)
        _remove_left_behind(results)
    except OSError as error:
        raise InputError(
            f"{results}: cannot be written on {socket.gethostname()} ({error.strerror}); expected a folder that all "
            "machines can write to"
        ) from error
    if not os.access(results, os.W_OK | os.X_OK):
        raise InputError(f"{results}: not writable on {socket.gethostname()}; expected a folder that it can write to")


def _remove_left_behind(results: Path) -> None:
    """Remove temporary files of processes that were killed, but not those of one that still runs."""
    oldest = time.time() - LEFT_BEHIND_SECONDS
    for path in [*results.glob(TEMPORARY), *results.glob(f"worklist/cases/{TEMPORARY}")]:
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
