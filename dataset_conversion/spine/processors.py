"""The processors that this process may use."""

import os
from pathlib import Path

QUOTA_FILES = (
    (Path("/sys/fs/cgroup/cpu.max"), None),
    (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")),
)
"""Quota of processor time of a container, in version 2 and 1 of cgroups."""


def available_processors() -> int:
    """Processors that this process may use: those of its affinity, and not more than its container's quota."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    return own if quota is None else max(1, min(own, round(quota)))


def _quota() -> float | None:
    """Processors of the container's quota; None if there is none."""
    for quota_file, period_file in QUOTA_FILES:
        try:
            words = quota_file.read_text(encoding="utf-8").split()
            if period_file is not None:
                words += period_file.read_text(encoding="utf-8").split()
            quota, period = (float(word) for word in words)
        except (OSError, ValueError):  # "max" is no quota
            continue
        if quota > 0 and period > 0:
            return quota / period
    return None
