"""A command run to its end, with its wall time and the memory of its largest process.

The command is the child of a small process of its own (this module, run as a program): a process starts with the peak
memory of the one that starts it, which for a program that has imported torch is a gigabyte.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.child_process import child_process

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of getrusage's unit."""
GIBIBYTE = 1024**3


@dataclass(frozen=True)
class ProcessCost:
    """What a command took.

    Attributes:
        seconds: Wall time from its start to its end.
        peak_gib: Largest resident memory of any one of its processes, in GiB; a GPU's memory is not counted.
    """

    seconds: float
    peak_gib: float


def run_measured(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> ProcessCost:
    """Run a command, its output appended to `log`; what ends this program meanwhile ends the command too.

    Raises:
        InputError: It ended with another exit code than 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, log.open("a", encoding="utf-8") as stream:
        result = Path(folder) / "cost.json"
        program = [sys.executable, "-m", "vf_nnunet.benchmark.measured_process", str(result), *command]
        with child_process(program, environment, stream) as process:
            process.wait()
        if process.returncode != 0:
            raise InputError(f"{' '.join(command)} ended with exit code {process.returncode}; see {log}")
        return ProcessCost(**json.loads(result.read_text(encoding="utf-8")))


def main(arguments: Sequence[str]) -> int:
    """Run the command after the result's path; its exit code is passed on."""
    result, *command = arguments
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    cost = {"seconds": time.perf_counter() - started, "peak_gib": usage.ru_maxrss * MAXRSS_UNIT / GIBIBYTE}
    Path(result).write_text(json.dumps(cost), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
