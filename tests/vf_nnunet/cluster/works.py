"""Small works for jobs. They are imported in the jobs' processes."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from vf_nnunet.cluster.submit import go_on, got_on


@dataclass(frozen=True)
class Count:
    """Count to a number, one line of a file for each step, and go on from there after an interruption.

    Attributes:
        path: The file.
        until: The number.
        pause: Seconds of a step.
        killed_at: Numbers of lines at which the process kills itself before the next step.
        improves: Whether it says that it gets on.
    """

    path: Path
    until: int
    pause: float = 0.0
    killed_at: tuple[int, ...] = ()
    improves: bool = True

    def __call__(self) -> int:
        begun = self.path.with_suffix(".begun")
        begun.write_text(begun.read_text() + "x" if begun.exists() else "x")
        while (done := self._done()) < self.until:
            if len(begun.read_text()) <= self.killed_at.count(done):
                os.kill(os.getpid(), signal.SIGKILL)
            with self.path.open("a") as stream:
                stream.write(f"{done}\n")
            if self.improves:
                got_on()
            time.sleep(self.pause)
        return done

    def checkpoint(self) -> object:
        return go_on(self)

    def _done(self) -> int:
        return len(self.path.read_text().splitlines()) if self.path.exists() else 0


@dataclass(frozen=True)
class Fail:
    """Raise an error."""

    text: str

    def __call__(self) -> int:
        raise ValueError(self.text)

    def checkpoint(self) -> object:
        return go_on(self)


@dataclass(frozen=True)
class Variable:
    """Return an environment variable."""

    name: str

    def __call__(self) -> str | None:
        return os.environ.get(self.name)

    def checkpoint(self) -> object:
        return go_on(self)
