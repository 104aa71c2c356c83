"""Processes that outlive their parent unless something ends them."""

import os
import time
from pathlib import Path

SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
"""Prints its process id and waits."""


def is_running(process_id: int) -> bool:
    """Whether a process is there and not only waiting to be buried."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process_id}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def ends(process_id: int) -> bool:
    """Whether a process that was told to end does."""
    for _ in range(200):
        if not is_running(process_id):
            return True
        time.sleep(0.05)
    return False
