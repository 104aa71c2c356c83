"""No process outlives the command that started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vf_nnunet.commands.child import child_process

SLEEPER = "import os, subprocess, sys, time; print(os.getpid(), flush=True); time.sleep(60)"
WITH_WORKER = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"
PARENT = """
import os, subprocess, sys
from vf_nnunet.commands.child import child_process
try:
    with child_process([sys.executable, "-c", sys.argv[1]], os.environ) as process:
        process.wait()
except KeyboardInterrupt:
    sys.exit(130)
"""


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


@pytest.mark.parametrize("program", [SLEEPER, WITH_WORKER], ids=["a child", "a child's child"])
def test_sigterm_ends_the_children_too(program: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        sleeper = int(parent.stdout.readline())
        assert is_running(sleeper)
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(timeout=20) == 130
    assert ends(sleeper)


def test_a_block_left_early_ends_the_child() -> None:
    command = [sys.executable, "-c", SLEEPER]
    with (
        pytest.raises(RuntimeError, match="left"),
        child_process(command, os.environ, subprocess.PIPE) as process,
    ):
        raise RuntimeError("left")
    assert process.returncode == -signal.SIGTERM


def test_a_child_may_take_its_time_to_end() -> None:
    """Its output is closed before it has ended."""
    program = "import os, time; os.close(1); os.close(2); time.sleep(0.3); os._exit(3)"
    before = signal.getsignal(signal.SIGTERM)
    with child_process([sys.executable, "-c", program], os.environ, subprocess.PIPE) as process:
        assert list(process.stdout or ()) == []
    assert process.returncode == 3
    assert signal.getsignal(signal.SIGTERM) is before
