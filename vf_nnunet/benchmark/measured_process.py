"""Run a command and measure its wall time and the peak memory of its largest process.

A process starts with the peak memory of the process that starts it, which is a gigabyte if that one has imported torch.
The command is therefore started by a small process: this module, run as a program.
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
"""Bytes per unit of getrusage's `ru_maxrss`."""


@dataclass(frozen=True)
class ProcessCost:
    """Time and memory that a command took.

    Attributes:
        seconds: Wall time from start to end.
        peak_gb: Largest resident memory of any one of its processes, in 10^9 bytes, without memory of a GPU.
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
        program = [sys.executable, "-m", "vf_nnunet.benchmark.measured_process", str(result), *command]
        with child_process(program, environment, stream) as process:
            process.wait()
        if process.returncode != 0:
            raise InputError(f"{' '.join(command)} ended with exit code {process.returncode}; see {log}")
        return ProcessCost(**json.loads(result.read_text(encoding="utf-8")))


def main(arguments: Sequence[str]) -> int:
    """Run the command, write its cost to a file and return its exit code.

    Args:
        arguments: Path of the file, then the command.
    """
    result, *command = arguments
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    cost = {"seconds": time.perf_counter() - started, "peak_gb": usage.ru_maxrss * MAXRSS_UNIT / 1e9}
    Path(result).write_text(json.dumps(cost), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
