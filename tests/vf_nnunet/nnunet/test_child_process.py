"""No process outlives the command that started it."""

import locale
import os
import signal
import subprocess
import sys

import pytest

from tests.vf_nnunet.processes import SLEEPER, ends, is_running
from vf_nnunet.nnunet.child_process import child_process

WITH_WORKER = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"
PARENT = """
import os, subprocess, sys
from vf_nnunet.nnunet.child_process import child_process
try:
    with child_process([sys.executable, "-c", sys.argv[1]], os.environ) as process:
        process.wait()
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("program", [SLEEPER, WITH_WORKER], ids=["a child", "a child's child"])
def test_sigterm_ends_the_children_too(program: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, program], stdout=subprocess.PIPE, encoding="utf-8") as parent:
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


def test_output_is_read_whatever_the_locale() -> None:
    """SimpleITK can leave the process in the C locale; nnU-Net's progress bars are not ASCII."""
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    program = r"import sys; sys.stdout.buffer.write(b'\xe2\x96\x88 \xff\n')"
    try:
        with child_process([sys.executable, "-c", program], os.environ, subprocess.PIPE) as process:
            assert list(process.stdout or ()) == ["\N{FULL BLOCK} \N{REPLACEMENT CHARACTER}\n"]
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
