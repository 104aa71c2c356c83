"""What the processes of a shard did and what it took, one line for each event."""

import json
import os
import resource
import secrets
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataset_conversion.images.masks import MaskError
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.processors import available_processors
from vf_nnunet.network.processor import chosen_threads

Event = dict[str, Any]
KILOBYTE = 1024
DONE, FAILED, PASSED_OVER, INTERRUPTED = "done", "failed", "passed over", "interrupted"


class Journal:
    """The events of one process on a shard.

    Args:
        path: The shard's journal; lines are added to it.
        since: When the process began to work for this shard, in seconds since 1970.
    """

    def __init__(self, path: Path, since: float) -> None:
        self._path = path
        self._process = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        job = os.environ.get("SLURM_JOB_ID")
        cores = chosen_threads() if job is None else available_processors()  # a job holds those that it does not use
        self._begun = {"since": since, "cores": cores, "job": job}

    def begin(self, retry: bool) -> None:
        """The process begins; with `retry`, earlier kills no longer count."""
        self._add("begin", **self._begun, retry=retry)

    def finish(self) -> None:
        """The shard is finished."""
        self._add("finish")

    @contextmanager
    def attempt(self, case: str) -> Iterator[None]:
        """A case is done while the block runs."""
        self._add("start", case=case)
        wall, processor = time.perf_counter(), time.process_time()
        status = INTERRUPTED
        try:
            yield
            status = DONE
        except MaskError:
            status = PASSED_OVER
            raise
        except (InputError, MemoryError):
            status = FAILED
            raise
        finally:
            seconds, processor = time.perf_counter() - wall, time.process_time() - processor
            taken = {"seconds": round(seconds, 4), "processor_seconds": round(processor, 4)}
            self._add("end", case=case, status=status, **taken, peak_bytes=peak_bytes())

    def _add(self, event: str, **others: Any) -> None:
        line = json.dumps({"event": event, "process": self._process, "time": round(time.time(), 3), **others})
        # One write of a short line: a process that is killed leaves it whole or not at all. The line begins anew, in
        # case a machine went down in the middle of the last one.
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            os.write(file, f"{line}\n".encode() if event != "begin" else f"\n{line}\n".encode())
        finally:
            os.close(file)


def peak_bytes() -> int:
    """Largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE


def read_journal(path: Path) -> list[Event]:
    """The events of a shard; empty if no process has begun it."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [event for line in lines if (event := _event(line)) is not None]


def kills(events: Sequence[Event]) -> Counter[str]:
    """How often a process was killed while it did a case, by the case; since the failed ones were tried again."""
    running: dict[str, str] = {}
    killed: Counter[str] = Counter()
    for event in events:
        process = event["process"]
        if event["event"] == "begin" and event.get("retry"):
            running, killed = {}, Counter()
        elif event["event"] == "start":
            running[process] = event["case"]
        elif event["event"] == "end":
            running.pop(process, None)
    return killed + Counter(running.values())


def _event(line: str) -> Event | None:
    try:
        content = json.loads(line)
    except ValueError:
        return None
    return content if isinstance(content, dict) and {"event", "process", "time"} <= content.keys() else None
