"""Run a command in a child process that does not outlive its parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from vf_nnunet.nnunet.termination import interrupted_by_sigterm

_LIBC = ctypes.CDLL(None)
"""Loaded here, as little may happen between fork and exec."""


@contextmanager
def child_process(
    command: Sequence[str], environment: Mapping[str, str], output: int | IO[str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Run a command while the `with` block runs.

    If the block ends with an exception, the command and the processes that it has started are terminated. SIGTERM ends
    the block as Ctrl-C does; by default, Python would leave the child running. On Linux, the command also ends when
    this process is killed.

    Args:
        command: Program and arguments.
        environment: All its environment variables.
        output: Destination of its standard output and errors, as `subprocess` takes it; None for the terminal.
    """
    errors = None if output is None else subprocess.STDOUT
    with (
        interrupted_by_sigterm(),
        subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        ) as process,
    ):
        try:
            yield process
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            raise


def _end_with_parent() -> None:
    """In the child, before the command: the kernel kills it when its parent has died (prctl, PR_SET_PDEATHSIG)."""
    _LIBC.prctl(1, signal.SIGKILL)
