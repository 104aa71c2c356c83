"""What the user asks of the scheduler."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from dataset_conversion.spine.errors import InputError

CLUSTERS = ("slurm", "local", "debug")
"""submitit's executors: Slurm, processes of this machine, and this process."""
DAY = 24 * 60
"""Minutes."""
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")


@dataclass(frozen=True)
class ClusterSettings:
    """Where and how the jobs of a command run.

    Attributes:
        cluster: One of `CLUSTERS`.
        partition: Slurm's partition; None for the default one.
        gres: Generic resources of a job, such as `gpu:1`.
        minutes: Time limit of a job; None for a day, or the limit of the partition if that is shorter.
        mem: Memory of a job as Slurm writes it, such as `16G`.
        cpus: Processors of a job; None leaves it to Slurm.
        array_parallelism: Most jobs of an array that run at a time.
        setup: Shell commands before each job, such as `module load cuda`.
        extra: Other parameters of submitit's Slurm executor, or of sbatch, by name.
    """

    cluster: str
    partition: str | None = None
    gres: str | None = None
    minutes: int | None = None
    mem: str | None = None
    cpus: int | None = None
    array_parallelism: int | None = None
    setup: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


def parse_minutes(text: str) -> int:
    """Minutes of a time limit in Slurm's notation, rounded up: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S.

    Raises:
        InputError: If it is another text, or no time at all.
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise InputError(f"{text}: expected a time limit such as 90 (minutes), 12:00:00 or 2-00:00:00")
    parts = [int(part) for part in found.groups()[1:] if part is not None]
    if found.group(1) is not None:
        hours, minutes, seconds = (*parts, 0, 0)[:3]
        hours += 24 * int(found.group(1))
    elif len(parts) == 3:
        hours, minutes, seconds = parts
    else:
        hours, (minutes, seconds) = 0, (*parts, 0)[:2]
    total = 60 * hours + minutes + -(-seconds // 60)
    if total < 1:
        raise InputError(f"{text}: expected a time limit of a minute or more")
    return total


def parse_extra(values: list[str]) -> dict[str, str]:
    """Parameters given as NAME=VALUE; a name without a value is a flag of sbatch.

    Raises:
        InputError: If a name is missing or given twice.
    """
    pairs = [value.partition("=") for value in values]
    named = [(name.strip().lstrip("-").replace("-", "_"), text) for name, _, text in pairs]
    counts = Counter(name for name, _ in named)
    problems = [f"={text}: expected NAME=VALUE" for name, text in named if not name]
    problems += [f"{name}: given twice" for name, count in sorted(counts.items()) if name and count > 1]
    if problems:
        raise InputError(problems)
    return dict(named)
