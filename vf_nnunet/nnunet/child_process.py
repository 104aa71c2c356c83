"""A command in a process of its own, which does not outlive the one that started it."""

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
    """Run `command`; a block that ends by an exception ends the command and the processes it has started.

    SIGTERM meanwhile ends the block as Ctrl-C does; by itself Python would leave the child running.

    Args:
        output: Where its standard output and errors go, as `subprocess` takes it; None for the terminal.
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
