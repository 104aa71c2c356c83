"""Run a command in a child process that does not outlive its parent."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO


@contextmanager
def child_process(
    command: Sequence[str], environment: Mapping[str, str], output: int | IO[str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Run a command while the `with` block runs.

    If the block ends with an exception, the command and the processes that it has started are terminated. SIGTERM ends
    the block as Ctrl-C does; by default, Python would leave the child running.

    Args:
        command: Program and arguments.
        environment: All its environment variables.
        output: Destination of its standard output and errors, as `subprocess` takes it; None for the terminal.
    """
    errors = None if output is None else subprocess.STDOUT
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                yield process
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
