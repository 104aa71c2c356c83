"""The processors that this process may use."""

import os
from pathlib import Path

QUOTA_FILES = (
    (Path("/sys/fs/cgroup/cpu.max"), None),
    (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")),
)
"""Quota of processor time of a container, in version 2 and 1 of cgroups."""
OWN_CGROUP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")
SLURM = "SLURM_CPUS_PER_TASK"
"""Processors of a task of Slurm, which some clusters grant without binding the task to them."""
SLURM_NODE = "SLURM_CPUS_ON_NODE"
"""The same of a job of one task, where the former was not asked for."""


def available_processors(by_scheduler: bool = True) -> int:
    """Processors that this process may use: those of its affinity, and not more than its quota or its Slurm job has.

    Args:
        by_scheduler: Whether to count what Slurm granted. Jobs that are not bound to processors share all of a node.
    """
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = [round(quota) for quota in (_quota(), _own_quota()) if quota is not None]
    if by_scheduler and (granted := _granted()) is not None:
        limits.append(granted)
    return max(1, min(own, *limits)) if limits else own


def _granted() -> int | None:
    """Processors that Slurm granted to this task; None outside of a job."""
    text = os.environ.get(SLURM)
    if text is None and os.environ.get("SLURM_NTASKS", "1") == "1":
        text = os.environ.get(SLURM_NODE)
    return int(text) if text is not None and text.isdecimal() and int(text) else None


def _quota() -> float | None:
    """Processors of the container's quota; None if there is none."""
    for quota_file, period_file in QUOTA_FILES:
        if (quota := _quota_in(quota_file, period_file)) is not None:
            return quota
    return None


def _own_quota() -> float | None:
    """The smallest quota of the process's own group (version 2) and of those above it, such as that of a job."""
    try:
        lines = OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    name = next((line[3:] for line in lines if line.startswith("0::/")), "/").strip("/")
    folders = [CGROUPS.joinpath(*Path(name).parts[:depth]) for depth in range(1, len(Path(name).parts) + 1)]
    quotas = (_quota_in(folder / "cpu.max", None) for folder in folders)
    return min((quota for quota in quotas if quota is not None), default=None)


def _quota_in(quota_file: Path, period_file: Path | None) -> float | None:
    try:
        words = quota_file.read_text(encoding="utf-8").split()
        if period_file is not None:
            words += period_file.read_text(encoding="utf-8").split()
        quota, period = (float(word) for word in words)
    except (OSError, ValueError):  # "max" is no quota
        return None
    return quota / period if quota > 0 and period > 0 else None
