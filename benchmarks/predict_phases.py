"""Print when each phase of `vf_nnunet predict` begins and how long it takes.

Phases of several threads overlap: the processor seconds of each are those of the whole process while it runs, and do
not add up.

python benchmarks/predict_phases.py -i CT -m MODEL [-o OUTPUT] [further options of vf_nnunet predict]
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

PHASES = {
    "open the model": ("vf_nnunet.model.open_model", "open_model"),
    "open the backend": ("vf_nnunet.inference.open_backend", "open_backend"),
    "fingerprint of the CT and the model": ("vf_nnunet.screening.case", "fingerprint_of"),
    "read and check the CT": ("vf_nnunet.screening.case", "read_ct"),
    "resample, normalise": ("vf_nnunet.screening.case", "preprocess"),
    "first pass, choice of tiles": ("vf_nnunet.screening.case", "plan_region"),
    "tiles": ("vf_nnunet.screening.case", "_quantised_maps"),
    "write the maps": ("vf_nnunet.screening.case", "write_probability_maps"),
    "findings": ("vf_nnunet.screening.case", "find_fractures"),
    "score": ("vf_nnunet.screening.case", "patient_result"),
}
"""The function of each phase, in the module that calls it."""

Row = tuple[str, float, float, float]
"""Name of a phase, when it begins and ends, and the processor seconds in between."""


def main() -> int:
    """Run the command with clocks around its phases, and print a table."""
    started = time.perf_counter() - _age()
    rows: list[Row] = []
    for name, (module, function) in PHASES.items():
        _time(rows, name, import_module(module), function)
    rows.append(("Python and imports", started, time.perf_counter(), time.process_time()))
    from vf_nnunet.cli import main as run

    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        code = run(["predict", *arguments, *([] if "-o" in arguments else ["-o", folder])])
    ended = time.perf_counter()
    sys.stdout.write("| phase | begins at | seconds | processor seconds |\n|---|---|---|---|\n")
    everything = ("all", started, ended, time.process_time())
    for name, begin, end, processor in [*sorted(rows, key=lambda row: row[1]), everything]:
        sys.stdout.write(f"| {name} | {begin - started:.2f} | {end - begin:.2f} | {processor:.2f} |\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    sys.stdout.write(f"\nPeak {peak:.2f} GB; load {os.getloadavg()[0]:.1f}.\n")
    return code


def _age() -> float:
    """Seconds since this process was started."""
    with open("/proc/self/stat") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def _time(rows: list[Row], name: str, module: Any, function: str) -> None:
    """Replace a function by one that also notes when it begins and ends."""
    original: Callable[..., Any] = getattr(module, function)

    @wraps(original)
    def timed(*arguments: Any, **options: Any) -> Any:
        begin, processor = time.perf_counter(), time.process_time()
        try:
            return original(*arguments, **options)
        finally:
            rows.append((name, begin, time.perf_counter(), time.process_time() - processor))

    setattr(module, function, timed)


if __name__ == "__main__":
    sys.exit(main())
