"""What happened to a fold whose job has ended before the fold was finished."""

import re
from collections.abc import Sequence
from pathlib import Path

from vf_nnunet.cluster.states import log_paths, outcome
from vf_nnunet.cluster.submit import ENDS, ends_without_result
from vf_nnunet.fold_jobs.stand import Stand
from vf_nnunet.fold_jobs.submission import name_of

LAST_LINES = 5
TAIL_BYTES = 8192
_ERROR = re.compile(r"^[\w.]*Error: ", re.MULTILINE)


def report(files: Path, stand: Stand) -> list[str]:
    """Lines for a person: the reason, and the last lines of the logs where they may tell more.

    Args:
        files: The folder of submitit's files.
        stand: How the fold stands.
    """
    name, job = name_of(stand.folder), "" if stand.job is None else stand.job.job
    if stand.state == "cancelled":
        return [f"{name}: its job was cancelled; give the command again to go on with it"]
    reasons, unclear = _reasons(files, job, stand.log)
    lines = _last_of([*log_paths(files, job), stand.log]) if unclear else []
    if unclear and not lines:
        reasons.append(f"there is no output; do the machines of the jobs see {files}?")
    return [*(f"{name}: job {job}: {reason}" for reason in reasons), *lines]


def _reasons(files: Path, job: str, log: Path) -> tuple[list[str], bool]:
    """Why a job ended, and whether the logs may tell more."""
    result = outcome(files, job)
    if ends_without_result(files, job) >= ENDS:
        why = f"ended {ENDS} times without an epoch in between (killed, or --slurm-time is too short for an epoch)"
        return [why], True
    if result is None:
        return ["ended without a result"], True
    if result[0]:
        return ["ended, but the fold is not finished"], True
    lines = _error_lines(str(result[1]))
    return lines, any(str(log) in line for line in lines)


def _error_lines(trace: str) -> list[str]:
    """The message of the exception in a traceback."""
    found = list(_ERROR.finditer(trace))
    message = trace[found[-1].end() :] if found else trace.strip().rpartition("\n")[2]
    return [line for line in message.splitlines() if line.strip()]


def _last_of(logs: Sequence[Path]) -> list[str]:
    """The last lines of the logs that have some, each under the name of its log."""
    found = {log: _last_lines(log) for log in logs if log.is_file() and log.stat().st_size}
    return [f"  {line}" for log, lines in found.items() for line in (f"the last lines of {log}:", *lines)]


def _last_lines(path: Path) -> list[str]:
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(stream.tell() - TAIL_BYTES, 0))
        text = stream.read().decode("utf-8", errors="replace")
    return [line.rstrip() for line in text.splitlines() if line.strip()][-LAST_LINES:]
