"""Run a command and measure its wall time and the peak memory of all its processes together.

A process starts with the peak memory of the process that starts it, which is a gigabyte if that one has imported torch.
The command is therefore started by a small process: this module, run as a program.

Memory is the sum over the command and all its descendants of the proportional set size (Linux: pages shared by several
processes count once) or, where there is none, of the resident set size. It is sampled five times per second. A peak
between two samples is missed, so that the result is at least the kernel's own peak of the largest process.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.child_process import child_process

GIGABYTE = 1e9
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of getrusage's `ru_maxrss`."""
INTERVAL = 0.2
"""Seconds between two samples."""
SAMPLING_SHARE = 0.05
"""Largest share of a core that sampling may take; many large processes are sampled less often."""
MEMORY_NOTE = (
    "Memory is the peak of all processes of a command together, in GB of 10^9 bytes: the sum of their proportional set "
    f"sizes (resident set sizes outside Linux), sampled every {INTERVAL} s, and at least the kernel's peak of the "
    "largest process. Memory of a GPU is not counted."
)


@dataclass(frozen=True)
class ProcessCost:
    """Time and memory that a command took.

    Attributes:
        seconds: Wall time from start to end.
        peak_gb: Largest memory of all its processes together, in 10^9 bytes, without memory of a GPU.
    """

    seconds: float
    peak_gb: float


def run_measured(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> ProcessCost:
    """Run a command; if this program is ended meanwhile, the command is ended too.

    Args:
        command: Program and arguments.
        log: File to append the output to.
        environment: Environment variables.

    Raises:
        InputError: If the command ends with an exit code other than 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, log.open("a", encoding="utf-8") as stream:
        result = Path(folder) / "cost.json"
        program = [sys.executable, "-m", "vf_nnunet.benchmark.cost.measured_process", str(result), *command]
        with child_process(program, environment, stream) as process:
            process.wait()
        if process.returncode != 0:
            raise InputError(f"{' '.join(command)} ended with exit code {process.returncode}; see {log}")
        return ProcessCost(**json.loads(result.read_text(encoding="utf-8")))


class PeakMemory(threading.Thread):
    """Samples the memory of a process and its descendants until it is stopped.

    Attributes:
        peak_bytes: Largest sum so far.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample until `stop`."""
        pause = 0.0
        while not self._ended.wait(pause):
            # Processor time: on a busy machine the wall time of a sample says little.
            started = time.thread_time()
            self.peak_bytes = max(self.peak_bytes, tree_bytes(self._pid))
            pause = max(INTERVAL, (time.thread_time() - started) / SAMPLING_SHARE)

    def stop(self) -> int:
        """End the sampling and return the peak."""
        self._ended.set()
        self.join()
        return self.peak_bytes


def tree_bytes(pid: int) -> int:
    """Memory of a process and all its descendants; those that have ended count nothing."""
    try:
        process = psutil.Process(pid)
        processes = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(_bytes, processes))


def _bytes(process: psutil.Process) -> int:
    with suppress(psutil.Error, AttributeError):
        return int(process.memory_full_info().pss)
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run the command, write its cost to a file and return its exit code.

    Args:
        arguments: Path of the file, then the command.
    """
    result, *command = arguments
    started = time.perf_counter()
    process = subprocess.Popen(command)
    memory = PeakMemory(process.pid)
    memory.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    peak = max(memory.stop(), usage.ru_maxrss * MAXRSS_UNIT)
    Path(result).write_text(json.dumps({"seconds": seconds, "peak_gb": peak / GIGABYTE}), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
