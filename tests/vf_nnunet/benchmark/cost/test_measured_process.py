"""Seconds and memory of real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.processes import SLEEPER, ends, is_running
from vf_nnunet.benchmark.cost.measured_process import run_measured, tree_bytes

ALLOCATE = "import time; block = bytearray(int(300e6)); time.sleep(0.2)"
PARENT = """
import os, sys
from pathlib import Path
from vf_nnunet.benchmark.cost.measured_process import run_measured
run_measured([sys.executable, "-c", sys.argv[1]], Path(sys.argv[2]), os.environ)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_memory_is_the_commands_own(tmp_path: Path) -> None:
    ballast = bytearray(b"x") * int(600e6)
    small = run_measured(python("pass"), tmp_path / "log", os.environ)
    large = run_measured(python(ALLOCATE), tmp_path / "log", os.environ)
    del ballast
    assert small.peak_gb < 0.1
    assert 0.3 < large.peak_gb < 0.54
    assert large.seconds > 0.2


def test_memory_of_a_grandchild_counts(tmp_path: Path) -> None:
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ALLOCATE!r}], check=True)"
    assert run_measured(python(nested), tmp_path / "log", os.environ).peak_gb > 0.3


def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    """Two processes of 300 MB at a time, which the largest one alone does not show."""
    block = "import time; block = bytearray(b'x') * int(300e6); time.sleep(1.5)"
    pair = f"""
import subprocess, sys
processes = [subprocess.Popen([sys.executable, "-c", {block!r}]) for _ in range(2)]
for process in processes:
    process.wait()
"""
    assert 0.6 < run_measured(python(pair), tmp_path / "log", os.environ).peak_gb < 0.75


def test_shared_memory_counts_once(tmp_path: Path) -> None:
    """A forked process shares the pages that its parent has filled."""
    forked = "import os, time; block = b'x' * int(300e6); os.fork(); time.sleep(1.5)"
    assert 0.3 < run_measured(python(forked), tmp_path / "log", os.environ).peak_gb < 0.5


def test_a_process_that_has_ended_has_no_memory() -> None:
    with subprocess.Popen(python("pass")) as process:
        process.wait()
    assert tree_bytes(process.pid) == 0


def test_output_is_appended_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "log"
    for word in ("first", "second"):
        run_measured(python(f"print({word!r})"), log, os.environ)
    assert log.read_text().split() == ["first", "second"]


def test_a_failure_names_the_command_and_the_log(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"ended with exit code 3; see {tmp_path / 'log'}"):
        run_measured(python("raise SystemExit(3)"), tmp_path / "log", os.environ)


def test_the_environment_is_passed_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_measured(python("import os; print(os.environ['SPINE'])"), log, {**os.environ, "SPINE": "L1"})
    assert log.read_text().strip() == "L1"


def test_sigterm_ends_the_command_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with subprocess.Popen([sys.executable, "-c", PARENT, SLEEPER, str(log)], stderr=subprocess.DEVNULL) as parent:
        sleeper = first_number(log)
        assert is_running(sleeper)
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(timeout=20) != 0
    assert ends(sleeper)


def first_number(log: Path) -> int:
    """The number in a log, once its line is there."""
    for _ in range(400):
        if log.is_file() and log.read_text().endswith("\n"):
            return int(log.read_text())
        time.sleep(0.05)
    raise TimeoutError(f"{log}: no line after 20 s")
