"""Share the processor with whatever runs beside.

By default, OpenMP's threads wait for each other by spinning for milliseconds, so that two processes that each use all
cores slow each other down many times. Here threads fall asleep after microseconds, and processes of one user that each
use all cores take turns, one training step or tile at a time. Results do not depend on either.
"""

import ctypes
import fcntl
import os
import tempfile
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path

from dataset_conversion.spine.processors import available_processors

SWITCH = "vf_nnunet_share"
"""Environment variable; with 0, nothing here has an effect."""
WAIT_POLICY = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "0"}
"""Environment variables that let the threads of GNU's, LLVM's and Intel's OpenMP wait asleep. If a user has set one of
them, none is changed. GNU's spin for some 10 microseconds first: without that, a training alone takes 10% longer; with
ten times as many, it takes 25% longer beside a process that uses one of two cores."""
THREADS = "OMP_NUM_THREADS"
PATIENCE_SECONDS = 5.0
"""Longest wait for a turn; a process that was stopped while it had its turn must not stop others."""
POLL_SECONDS = 0.0005
"""Time between two attempts to take a turn; a step or tile takes at least some ten milliseconds."""
PAUSE_SECONDS = 60.0
"""Time for which a process no longer waits for turns after one did not come."""
CROWDED_SHARE = 0.8
"""A turn is crowded if its threads had less than this share of their processors: others computed at the same time. A
training step alone has 0.95, and 0.6 beside a process that uses one of two cores."""
CROWDED_TURNS = 3
"""Crowded turns in a row after which the threads wait asleep."""


def is_shared(environment: MutableMapping[str, str] | None = None) -> bool:
    """Whether the user has not switched off what is done here."""
    return (os.environ if environment is None else environment).get(SWITCH) != "0"


def wait_asleep(environment: MutableMapping[str, str]) -> None:
    """Set the variables with which OpenMP's threads wait asleep, unless the user has set one.

    OpenMP reads them when it is loaded, so this has an effect on child processes, and before torch is imported.

    Args:
        environment: Such as `os.environ`.
    """
    if is_shared(environment) and not any(name in environment for name in WAIT_POLICY):
        environment.update(WAIT_POLICY)


@cache
def calm_loaded_openmp() -> None:
    """Let the threads of an LLVM or Intel OpenMP that is already loaded wait asleep, unless the user has set how.

    nnU-Net's commands import torch, and OpenMP with it, before this package.
    """
    for library in _calmable_libraries():
        if hasattr(library, "kmp_set_blocktime"):
            library.kmp_set_blocktime(0)


@cache
def outnumber_processors() -> None:
    """Let the threads of a GNU OpenMP that is already loaded wait asleep, unless the user has set how.

    It has no function for that, but it hardly spins while it manages more threads than there are processors. So one
    thread per processor, and one more, are started once and then sleep for ever. A process alone is slower for it,
    so this is for a process that has company.
    """
    for library in _calmable_libraries():
        if hasattr(library, "GOMP_parallel") and not hasattr(library, "kmp_set_blocktime"):
            threading.Thread(target=_hold_threads, args=(library,), name="vf_nnunet-openmp", daemon=True).start()


def _calmable_libraries() -> list[ctypes.CDLL]:
    """The loaded OpenMP libraries; none if the user has set how their threads wait."""
    if not is_shared() or any(name in os.environ for name in WAIT_POLICY):
        return []
    return [ctypes.CDLL(path) for path in _loaded_libraries("omp")]


def _hold_threads(library: ctypes.CDLL) -> None:
    """Start a team of threads that do nothing, and keep it by not ending."""
    nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
    library.GOMP_parallel(nothing, None, ctypes.c_uint(len(os.sched_getaffinity(0)) + 1), ctypes.c_uint(0))
    threading.Event().wait()


def _loaded_libraries(part: str) -> list[str]:
    """Paths of the libraries of this process whose names contain `lib` and, within five letters, `part`; Linux only."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    paths = {line.split(maxsplit=5)[5] for line in lines if "/lib" in line and len(line.split(maxsplit=5)) == 6}
    return sorted(path for path in paths if part in Path(path).name.removeprefix("lib")[:5])


def chosen_threads() -> int:
    """Threads to compute with: one per available processor, or fewer if the user has set OMP_NUM_THREADS."""
    text = os.environ.get(THREADS, "").partition(",")[0].strip()
    available = available_processors()
    return max(1, min(int(text), available)) if text.isdecimal() else available


class Turns:
    """Turns of the processes of a user that each use all processors of the same set.

    A process waits in the queue, then for its turn, and leaves the queue when it has it, so that two processes
    alternate. The locks end with their process.

    Args:
        folder: Where the lock files are.
    """

    def __init__(self, folder: Path) -> None:
        name = f"vf_nnunet-{os.getuid()}-{_affinity_name()}"
        self._queue, self._turn = (_open(folder / f"{name}.{part}") for part in ("queue", "turn"))
        self._impatient_until = 0.0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn, but not longer than `PATIENCE_SECONDS`; it ends with the block."""
        taken = self._wait()
        try:
            yield
        finally:
            if taken:
                fcntl.flock(self._turn, fcntl.LOCK_UN)

    def _wait(self) -> bool:
        started = time.monotonic()
        if started < self._impatient_until:
            return False
        taken = False
        if self._lock(self._queue, started):
            taken = self._lock(self._turn, started)
            fcntl.flock(self._queue, fcntl.LOCK_UN)
        if not taken:
            self._impatient_until = time.monotonic() + PAUSE_SECONDS
        return taken

    def _lock(self, file: int, started: float) -> bool:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() - started > PATIENCE_SECONDS:
                    return False
                time.sleep(POLL_SECONDS)
            else:
                return True


def _affinity_name() -> str:
    processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return f"{sum(1 << number for number in processors):x}"


def _open(path: Path) -> int:
    """A file of this process; a child that is forked must open its own."""
    return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


@cache
def _turns(process: int) -> Turns | None:
    """The turns of a process; None where lock files cannot be made."""
    try:
        return Turns(Path(tempfile.gettempdir()))
    except OSError:
        return None


class Crowd:
    """Notices that other processes compute at the same time as this one.

    Attributes:
        crowded: Crowded turns in a row.
    """

    def __init__(self) -> None:
        self.crowded = 0

    @contextmanager
    def watch(self, threads: int) -> Iterator[None]:
        """Compare the processor time of a turn with that of its threads' processors; act when it is crowded."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        self.crowded = self.crowded + 1 if processor < CROWDED_SHARE * wall * threads else 0
        if self.crowded >= CROWDED_TURNS:
            outnumber_processors()


CROWD = Crowd()


@contextmanager
def turn(threads: int) -> Iterator[None]:
    """Compute with `threads` threads while the block runs: in turn with others, if these are all available processors.

    Args:
        threads: Threads that compute. Processes that use a part of the processors run beside each other.
    """
    if not is_shared() or threads == 1:
        yield
        return
    turns = _turns(os.getpid()) if threads >= available_processors(by_scheduler=False) else None
    with turns.take() if turns else nullcontext(), CROWD.watch(threads):
        yield
