"""What Slurm's commands say: partitions, the largest array, and the states of jobs without accounting."""

import getpass
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from dataset_conversion.spine.errors import InputError, first_line, shortened_list
from vf_nnunet.cluster.settings import DAY, ClusterSettings, parse_minutes

COMMANDS = ("sbatch", "srun", "sinfo", "squeue", "scontrol")
DEFAULT_ARRAY = 1001
"""Slurm's own default of MaxArraySize."""
SECONDS = 60
"""Longest wait for an answer of the scheduler."""


def check_slurm(settings: ClusterSettings) -> None:
    """Check what can be known before a submission.

    Raises:
        InputError: If Slurm's commands are missing or do not answer, or the partition is unknown or its limit shorter
            than the time that is asked for.
    """
    missing = [name for name in COMMANDS if shutil.which(name) is None]
    if missing:
        raise InputError(
            f"--cluster slurm: {', '.join(missing)} not on PATH; expected Slurm's commands: run this on a login node "
            "of the cluster, or use --cluster local"
        )
    limit = _partition_limit(settings.partition)
    if settings.minutes is not None and limit is not None and settings.minutes > limit:
        raise InputError(
            f"--slurm-time: {settings.minutes} minutes, but the partition {settings.partition or '(default)'} allows "
            f"{limit}; jobs that reach their limit are queued again, so a shorter one loses nothing"
        )


def job_minutes(settings: ClusterSettings) -> int:
    """The time limit of a job: that of the settings, else a day or what the partition allows."""
    if settings.minutes is not None:
        return settings.minutes
    return min(_partition_limit(settings.partition) or DAY, DAY)


def largest_array() -> int:
    """Most jobs of an array, by the MaxArraySize of the cluster, which is one more than the highest index."""
    for line in ask(["scontrol", "show", "config"]).splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "MaxArraySize" and value.strip().isdecimal():
            return max(int(value), 1)
    return DEFAULT_ARRAY


def queue_states() -> dict[str, str]:
    """Slurm's state of each job of this user that it still knows, array jobs as `<array>_<index>`.

    Slurm forgets a job some minutes after its end (MinJobAge).

    Raises:
        InputError: If the scheduler does not answer.
    """
    return {job: state for job, state, _ in _queue() if state}


def waiting_reasons() -> dict[str, str]:
    """Why each job of this user waits, in Slurm's words such as Resources; empty without an answer."""
    with suppress(InputError):
        return {job: reason for job, state, reason in _queue() if state == "PENDING" and reason != "None"}
    return {}


def _queue() -> list[tuple[str, str, str]]:
    lines = ask(["squeue", "-h", "-r", "-t", "all", "-u", getpass.getuser(), "-o", "%i|%T|%r"]).splitlines()
    rows = [(*line.strip().split("|", 2), "", "") for line in lines]
    return [(row[0], row[1], row[2]) for row in rows]


def ask(command: Sequence[str]) -> str:
    """The answer of one of Slurm's commands.

    Raises:
        InputError: If it fails; the message holds its first line.
    """
    try:
        answer = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{command[0]}: no answer from Slurm ({first_line(str(error))})") from error
    if answer.returncode != 0:
        raise InputError(
            f"{command[0]}: no answer from Slurm ({first_line(answer.stderr) or answer.returncode}); expected a "
            "running slurmctld and its slurm.conf on this machine"
        )
    return answer.stdout


def _partition_limit(name: str | None) -> int | None:
    """Time limit of a partition in minutes, None if it has none; the default partition has a star in sinfo's answer.

    Raises:
        InputError: If there is no such partition, or none is asked for and there is no default.
    """
    limits, default = _partitions()
    known = shortened_list(sorted(limits), 12)
    chosen = name or default
    if chosen is None:
        raise InputError(f"--slurm-partition: not given, and the cluster has no default; expected one of {known}")
    if not limits.keys() >= {*chosen.split(",")}:
        raise InputError(f"--slurm-partition {name}: unknown; expected one of {known}")
    minutes = [parse_minutes(limits[part]) for part in chosen.split(",") if limits[part] != "infinite"]
    return min(minutes, default=None)


def _partitions() -> tuple[dict[str, str], str | None]:
    """The time limits of all partitions, and the default one."""
    rows = [line.strip().partition("|") for line in ask(["sinfo", "-h", "-o", "%P|%l"]).splitlines()]
    limits = {shown.removesuffix("*"): limit for shown, _, limit in rows}
    default = next((shown.removesuffix("*") for shown, _, _ in rows if shown.endswith("*")), None)
    return limits, default
